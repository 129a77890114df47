import { expect, it } from 'vitest';
import { describeSecretNames } from './secret-names.ts';

it('warns once of each secret that occurs in a name, and reveals neither', () => {
  const secrets = ['swordfish', 'swordfish', 'other-value'].map((value) => ({
    key: 'sources.crm.token',
    value,
  }));
  const warnings = describeSecretNames(secrets, ['jobs.shop.load', 'raw_swordfish']);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('The value of sources.crm.token occurs in a name of this workspace');
  expect(warnings[0]).not.toContain('swordfish');
  expect(describeSecretNames(secrets, ['jobs.shop.load'])).toEqual([]);
});

it('warns once of names that runs have masked, unless no secret can be the reason', () => {
  const secrets = [{ key: 'sources.crm.token', value: 'swordfish' }];
  const warnings = describeSecretNames(secrets, ['raw_***', '***', 'jobs.shop.load']);
  expect(warnings).toEqual([expect.stringContaining('*** in place of a secret')]);
  expect(describeSecretNames([], ['***'])).toEqual([]);
});
