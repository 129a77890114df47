import { describe, expect, it } from 'vitest';
import { chooseKey } from './revoke-key.ts';

const ci = { id: 'a1', prefix: 'dlt_sa_Ab12Cd', name: 'CI' };
const laptop = { id: 'b2', prefix: 'dlt_u_Ef34Gh', name: 'laptop' };
const otherLaptop = { id: 'c3', prefix: 'dlt_u_Ij56Kl', name: 'laptop' };

describe('a key to revoke', () => {
  it.each(['a1', 'dlt_sa_Ab12Cd', 'dlt_sa_Ab12Cd…', 'dlt_sa_Ab12CdTheRestOfTheSecret', 'CI'])(
    'is found by %s',
    (given) => {
      expect(chooseKey([laptop, ci], given)).toBe(ci);
    },
  );

  it('has an ambiguous name', () => {
    expect(() => chooseKey([laptop, otherLaptop], 'laptop')).toThrow(
      expect.objectContaining({ code: 'key_name_ambiguous' }),
    );
  });

  it('is not found, and a secret that was given is not printed', () => {
    const secret = 'dlt_u_Zz99YyTheRestOfTheSecret';
    expect(() => chooseKey([ci], secret)).toThrow(expect.objectContaining({ code: 'key_not_found' }));
    expect(() => chooseKey([ci], secret)).not.toThrow(secret);
  });
});
