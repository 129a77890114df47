import { describe, expect, it } from 'vitest';
import { chooseMember } from './change-members.ts';
import { parseGrant } from './invite.ts';
import { parseOrganizationRole, parseWorkspaceRole } from './members-scope.ts';

describe('a grant of an invitation', () => {
  it('is a workspace with a role', () => {
    expect(parseGrant('shop=developer')).toEqual({ name: 'shop', role: 'developer' });
    expect(parseGrant('a=b=owner')).toEqual({ name: 'a=b', role: 'owner' });
    expect(parseGrant('shop')).toEqual({ name: 'shop', role: 'viewer' });
    expect(() => parseGrant('shop=admin')).toThrow(expect.objectContaining({ code: 'invalid_role' }));
  });
});

describe('roles', () => {
  it('differ between organizations and workspaces', () => {
    expect(parseOrganizationRole('collaborator')).toBe('collaborator');
    expect(parseWorkspaceRole('viewer')).toBe('viewer');
    expect(() => parseWorkspaceRole('member')).toThrow(expect.objectContaining({ code: 'invalid_role' }));
  });

  it('of the other kind are explained', () => {
    const suggestion: unknown = expect.stringContaining('add --workspace NAME');
    expect(() => parseOrganizationRole('viewer')).toThrow(expect.objectContaining({ nextStep: suggestion }));
  });
});

describe('a member', () => {
  const ana = { email: 'Ana@example.com' };

  it('is found by address, ignoring case', () => {
    expect(chooseMember([ana], 'ana@EXAMPLE.com', 'Default')).toBe(ana);
  });

  it('with a similar address is suggested', () => {
    expect(() => chooseMember([ana], 'anna@example.com', 'Default')).toThrow(
      expect.objectContaining({ code: 'member_not_found', nextStep: 'Did you mean Ana@example.com?' }),
    );
  });
});
