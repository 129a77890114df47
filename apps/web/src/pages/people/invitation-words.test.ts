import { expect, it } from 'vitest';
import { describeGrants } from './invitation-words.ts';

const grant = (name: string, role: string) => ({ workspace_id: 'w', name, role });

it('says what an invitation gives', () => {
  expect(describeGrants({ role: 'owner', workspaces: [] })).toBe('owner');
  expect(describeGrants({ role: 'member', workspaces: [grant('shop', 'viewer')] })).toBe(
    'member, viewer of shop',
  );
  expect(
    describeGrants({ role: 'collaborator', workspaces: [grant('shop', 'viewer'), grant('lab', 'owner')] }),
  ).toBe('viewer of shop, owner of lab');
});
