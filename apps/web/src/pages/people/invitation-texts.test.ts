import { expect, it } from 'vitest';
import { describeGrants } from './invitation-texts.ts';

const grant = (name: string, role: string) => ({ workspace_id: 'w', name, role });

it('lists the roles of an invitation', () => {
  expect(describeGrants({ role: 'owner', workspaces: [] })).toBe('owner');
  expect(describeGrants({ role: 'member', workspaces: [grant('shop', 'viewer')] })).toBe(
    'member, viewer in shop',
  );
  expect(
    describeGrants({ role: 'collaborator', workspaces: [grant('shop', 'viewer'), grant('lab', 'owner')] }),
  ).toBe('viewer in shop, owner in lab');
});
