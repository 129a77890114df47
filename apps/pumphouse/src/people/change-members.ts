import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { orNull } from '../http/or-null.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { confirm } from '../terminal/confirm.ts';
import { findSimilar } from '../terminal/find-similar.ts';
import { readInvitations } from './invitations.ts';
import { readAccess, readMembers } from './list-members.ts';
import {
  openScope,
  parseOrganizationRole,
  parseWorkspaceRole,
  type MemberOptions,
  type MembersScope,
} from './members-scope.ts';

interface ConfirmedOptions extends MemberOptions {
  yes?: boolean;
}

/** Sets the role of a member. A member of the organization without a role in the workspace gets one. */
export async function setRole(
  session: Session,
  email: string,
  role: string,
  options: MemberOptions,
): Promise<void> {
  const { client } = session;
  const scope = await openScope(session, options);
  if (scope.kind === 'organization') {
    const newRole = parseOrganizationRole(role);
    const { membership_id } = chooseMember(await readMembers(session, scope), email, scope.name);
    const params = { ...scope.params, membership_id };
    const member = await client.call('set_organization_member_role', { params, body: { role: newRole } });
    report(session, member, `${member.email} is now ${member.role} of ${scope.name}.`);
    return;
  }
  const newRole = parseWorkspaceRole(role);
  const membership_id = await findMembership(session, scope, email);
  const params = { ...scope.params, membership_id };
  const access = await client.call('set_workspace_member', { params, body: { role: newRole } });
  report(session, access, `${access.email} is now ${access.role} of ${scope.name}.`);
}

/** Removes a member, or revokes the invitation of someone who has not joined yet. */
export async function removeMember(
  session: Session,
  email: string,
  options: ConfirmedOptions,
): Promise<void> {
  const { client, terminal } = session;
  const scope = await openScope(session, options);
  const members: { email: string; membership_id: string }[] =
    scope.kind === 'organization' ? await readMembers(session, scope) : await readAccess(session, scope);
  const isMember = members.some((member) => isSameAddress(member.email, email));
  if (!isMember && (await revokeInvitation(session, scope, email))) return;
  const member = chooseMember(members, email, scope.name);
  await confirm(
    terminal,
    scope.kind === 'organization'
      ? `Remove ${member.email} from ${scope.name}? All their roles and tokens in it are revoked.`
      : `Remove ${member.email} from ${scope.name}?`,
    { isConfirmed: options.yes ?? false },
  );
  const { membership_id } = member;
  if (scope.kind === 'organization') {
    await client.call('remove_organization_member', { params: { ...scope.params, membership_id } });
  } else {
    await client.call('remove_workspace_member', { params: { ...scope.params, membership_id } });
  }
  report(session, member, `Removed ${member.email} from ${scope.name}.`);
}

/** Gives up the caller's own membership. */
export async function leave(session: Session, options: ConfirmedOptions): Promise<void> {
  const { client, terminal } = session;
  const scope = await openScope(session, options);
  await confirm(terminal, `Leave ${scope.name}? Only an owner can let you in again.`, {
    isConfirmed: options.yes ?? false,
  });
  if (scope.kind === 'organization') await client.call('leave_organization', { params: scope.params });
  else await client.call('leave_workspace', { params: scope.params });
  report(session, { [`${scope.kind}_id`]: scope.id, name: scope.name }, `You have left ${scope.name}.`);
}

async function revokeInvitation(session: Session, scope: MembersScope, email: string): Promise<boolean> {
  const pending = await orNull([403], readInvitations(session, scope, { isPendingOnly: true }));
  const invitation = pending?.find((candidate) => isSameAddress(candidate.email, email));
  if (!invitation) return false;
  const invitation_id = invitation.id;
  if (scope.kind === 'organization') {
    await session.client.call('revoke_invitation', { params: { ...scope.params, invitation_id } });
  } else {
    await session.client.call('revoke_workspace_invitation', { params: { ...scope.params, invitation_id } });
  }
  report(session, invitation, `Revoked the invitation of ${invitation.email} to ${scope.name}.`);
  return true;
}

/** A user who has no access to the workspace yet is found among the members of its organization. */
async function findMembership(
  session: Session,
  scope: Extract<MembersScope, { kind: 'workspace' }>,
  email: string,
): Promise<string> {
  const access = await readAccess(session, scope);
  const found = access.find((member) => isSameAddress(member.email, email));
  if (found) return found.membership_id;
  const workspace = await session.client.call('get_workspace', { params: scope.params });
  const organization = {
    kind: 'organization',
    id: workspace.organization_id,
    name: scope.name,
    params: { organization_id: workspace.organization_id },
  } as const;
  const members = await orNull([403], readMembers(session, organization));
  const candidates: { email: string; membership_id: string }[] = members ?? access;
  return chooseMember(candidates, email, scope.name).membership_id;
}

/**
 * Finds a member by e-mail address; upper and lower case do not matter.
 * @throws CommandError member_not_found
 */
export function chooseMember<Candidate extends { email: string }>(
  members: readonly Candidate[],
  email: string,
  scopeName: string,
): Candidate {
  const found = members.find((member) => isSameAddress(member.email, email));
  if (found) return found;
  const similar = findSimilar(
    email,
    members.map((member) => member.email),
  );
  throw new CommandError(`${email} is not a member of ${scopeName}.`, {
    code: 'member_not_found',
    exitCode: exitCodes.notFound,
    nextStep:
      similar === undefined
        ? `pumphouse member list shows the members; pumphouse member invite ${email} invites.`
        : `Did you mean ${similar}?`,
  });
}

function isSameAddress(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
