import type { Scenario, Scenarios } from './audit-scene.ts';
import { createKeys } from '../../services/keys/keys.ts';

/** Creates a resource with the owner's key and puts its id into the path. */
const ofKey = (kind: 'personal' | 'workspace'): Pick<Scenario, 'prepare'> => ({
  prepare: async ({ api, owner, workspace }) => {
    const keys = createKeys(api.persistence);
    const wanted = { name: 'To be revoked', days: null };
    const { key } =
      kind === 'personal'
        ? await keys.createPersonal(owner.principal, wanted)
        : await keys.createOfWorkspace(owner.principal, workspace.id, { ...wanted, role: 'viewer' });
    return { params: { key_id: key.id } };
  },
});

const person = 'somebody@example.com';

/** Scenarios for organizations, members, invitations and keys. */
export const peopleScenarios: Scenarios = {
  create_organization: {
    action: 'organization.create',
    organization: 'new',
    prepare: () => ({ payload: { name: 'New' } }),
  },
  update_organization: {
    action: 'organization.update',
    prepare: () => ({ payload: { name: 'Renamed', default_workspace_role: 'viewer', max_key_days: 30 } }),
  },
  set_organization_member_role: {
    action: 'member.set-role',
    prepare: async ({ addMember }) => ({
      params: { membership_id: (await addMember('member')).membershipId },
      payload: { role: 'owner' },
    }),
  },
  remove_organization_member: {
    action: 'member.remove',
    prepare: async ({ addMember }) => ({
      params: { membership_id: (await addMember('collaborator', 'developer')).membershipId },
    }),
  },
  leave_organization: {
    action: 'member.leave',
    prepare: async ({ addMember }) => {
      await addMember('owner');
      return {};
    },
  },
  set_workspace_member: {
    action: 'workspace-member.add',
    prepare: async ({ addMember }) => ({
      params: { membership_id: (await addMember('member')).membershipId },
      payload: { role: 'developer' },
    }),
  },
  remove_workspace_member: {
    action: 'workspace-member.remove',
    prepare: async ({ addMember }) => ({
      params: { membership_id: (await addMember('member', 'developer')).membershipId },
    }),
  },
  leave_workspace: { action: 'workspace-member.remove', prepare: () => ({}) },
  create_invitation: {
    action: 'invitation.create',
    prepare: ({ workspace }) => ({
      payload: {
        email: person,
        role: 'collaborator',
        workspaces: [{ workspace_id: workspace.id, role: 'viewer' }],
      },
    }),
  },
  revoke_invitation: {
    action: 'invitation.revoke',
    prepare: async ({ api, organization, owner }) => {
      const wanted = {
        organizationId: organization.id,
        email: person,
        role: 'member' as const,
        workspaces: [],
      };
      const { invitation } = await api.dependencies.services.invitations.create(owner.principal, wanted, '');
      return { params: { invitation_id: invitation.id } };
    },
  },
  create_workspace_invitation: {
    action: 'invitation.create',
    prepare: () => ({ payload: { email: person, role: 'viewer' } }),
  },
  revoke_workspace_invitation: {
    action: 'invitation.revoke',
    prepare: async ({ api, owner, workspace }) => {
      const wanted = { workspaceId: workspace.id, email: person, role: 'viewer' as const };
      const { invitations } = api.dependencies.services;
      const { invitation } = await invitations.createToWorkspace(owner.principal, wanted, '');
      return { params: { invitation_id: invitation.id } };
    },
  },
  create_personal_key: {
    action: 'key.create',
    organization: 'none',
    prepare: () => ({ payload: { name: 'Mine' } }),
  },
  revoke_personal_key: { action: 'key.revoke', organization: 'none', ...ofKey('personal') },
  create_workspace_key: {
    action: 'key.create',
    prepare: () => ({ payload: { name: 'Of the workspace', role: 'developer' } }),
  },
  revoke_workspace_key: { action: 'key.revoke', ...ofKey('workspace') },
};
