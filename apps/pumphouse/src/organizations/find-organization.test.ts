import { describe, expect, it } from 'vitest';
import { chooseOrganization } from './find-organization.ts';

const data = { id: '1', name: 'Data team' };
const shop = { id: '2', name: 'Shop' };
const twin = { id: '3', name: 'Shop' };

describe('the organization of a command', () => {
  it('is the named one, by name or id', () => {
    expect(chooseOrganization([data, shop], 'Shop', data.id)).toBe(shop);
    expect(chooseOrganization([data, shop], '1', undefined)).toBe(data);
  });

  it('is otherwise that of the folder, or the only one', () => {
    expect(chooseOrganization([data, shop], undefined, shop.id)).toBe(shop);
    expect(chooseOrganization([data], undefined, 'unknown')).toBe(data);
  });

  it.each([
    ['no_organization', [data, shop], undefined],
    ['no_organization', [], undefined],
    ['organization_not_found', [data], 'Dta team'],
    ['organization_name_ambiguous', [shop, twin], 'Shop'],
  ])('is refused with %s', (code, organizations, named) => {
    expect(() => chooseOrganization(organizations, named, undefined)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('suggests a similar name', () => {
    expect(() => chooseOrganization([data], 'Dta team', undefined)).toThrow(
      expect.objectContaining({ nextStep: 'Did you mean "Data team"?' }),
    );
  });
});
