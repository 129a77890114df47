import { expect, it } from 'vitest';
import { explainRole } from './role-source.ts';

it.each([
  ['owner', 'owner', 'developer', 'member', 'assigned here'],
  ['viewer', 'viewer', null, 'collaborator', 'assigned here, collaborator'],
  ['developer', null, 'developer', 'member', 'default for every member of the organization'],
  ['viewer', null, 'viewer', 'owner', 'default for every owner of the organization'],
  [
    'developer',
    'viewer',
    'developer',
    'member',
    'organization default developer, higher than the assigned viewer',
  ],
])('explains the role %s with assigned role %s and default %s for a %s', (role, own, all, of, text) => {
  expect(explainRole({ role, own_role: own, default_role: all, organization_role: of })).toBe(text);
});
