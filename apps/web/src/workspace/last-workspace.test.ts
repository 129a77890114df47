import type { OrganizationMeResponse } from '@pumphouse/contract';
import { expect, it } from 'vitest';
import { chooseWorkspace } from './last-workspace.ts';

type Membership = NonNullable<OrganizationMeResponse['workspace_memberships']>[number];

const memberships = [
  { workspace: { id: 'old', name: 'Old', archived_at: '2026-01-01T00:00:00Z' } },
  { workspace: { id: 'shop', name: 'Shop' } },
  { workspace: { id: 'stock', name: 'Stock', archived_at: null } },
] as Membership[];

it.each([
  ['stock', 'stock'],
  // Archived, or without a role by now.
  ['old', 'shop'],
  ['elsewhere', 'shop'],
  [null, 'shop'],
])('returns from %s to %s', (preferred, id) => {
  expect(chooseWorkspace(memberships, preferred)?.id).toBe(id);
});

it('knows none without an active workspace', () => {
  expect(chooseWorkspace([], 'shop')).toBeUndefined();
  expect(chooseWorkspace(undefined, null)).toBeUndefined();
});
