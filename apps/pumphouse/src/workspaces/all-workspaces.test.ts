import { describe, expect, it } from 'vitest';
import { pickWorkspace } from './all-workspaces.ts';

const define = (id: string, name: string, archived_at: string | null = null) => ({
  id,
  name,
  archived_at,
  organization_name: 'Default',
});
const shop = define('1', 'shop');
const oldShop = define('2', 'shop', '2026-01-01T00:00:00Z');
const stock = define('3', 'stock');

describe('a workspace', () => {
  it('is found by name or id', () => {
    expect(pickWorkspace([shop, stock], 'stock')).toBe(stock);
    expect(pickWorkspace([shop, oldShop], '2')).toBe(oldShop);
  });

  it('that is not archived is preferred', () => {
    expect(pickWorkspace([oldShop, shop], 'shop')).toBe(shop);
    expect(pickWorkspace([oldShop, stock], 'shop')).toBe(oldShop);
  });

  it('is not found, or is ambiguous', () => {
    expect(() => pickWorkspace([shop], 'shop1')).toThrow(
      expect.objectContaining({ code: 'workspace_not_found', exitCode: 4, nextStep: 'Did you mean "shop"?' }),
    );
    expect(() => pickWorkspace([shop, define('4', 'shop')], 'shop')).toThrow(
      expect.objectContaining({ code: 'workspace_name_ambiguous', exitCode: 2 }),
    );
  });
});
