import { expect, it } from 'vitest';
import { explainRole } from './role-source.ts';

it.each([
  ['owner', 'owner', 'developer', 'member', 'given here'],
  ['viewer', 'viewer', null, 'collaborator', 'given here, as a collaborator'],
  ['developer', null, 'developer', 'member', 'every member of the organization is developer'],
  ['viewer', null, 'viewer', 'owner', 'every owner of the organization is viewer'],
  [
    'developer',
    'viewer',
    'developer',
    'member',
    'more than the viewer given here: every member of the organization is developer',
  ],
])('says why somebody is %s who was given %s where all have %s as %s', (role, own, all, of, words) => {
  expect(explainRole({ role, own_role: own, default_role: all, organization_role: of })).toBe(words);
});
