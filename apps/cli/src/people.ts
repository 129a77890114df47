import {
  createAccounts,
  createKeys,
  createMembers,
  createOrganizationLimits,
} from '@pumphouse/server/operator';
import { formatTable } from './table.ts';
import { withStore } from './admin.ts';

export async function listKeys(options: { email?: string; workspace?: string; json?: true }): Promise<void> {
  const keys = await withStore((persistence) =>
    createKeys(persistence).listAll({ email: options.email ?? null, workspaceId: options.workspace ?? null }),
  );
  const now = Date.now();
  const rows = keys.map((key) => ({
    id: key.id,
    prefix: key.prefix,
    name: key.name,
    kind: key.kind,
    acts_as: key.kind === 'personal' ? key.email : `${key.role ?? 'nobody'} in ${key.workspaceId ?? ''}`,
    issued_by: key.issuerEmail,
    state: key.userDisabledAt ? 'disabled' : key.expiresAt.getTime() <= now ? 'expired' : 'good',
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
    expires_at: key.expiresAt.toISOString(),
  }));
  if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else {
    const head = ['KEY', 'NAME', 'ACTS AS', 'ISSUED BY', 'STATE', 'LAST USED', 'ENDS'];
    const table = rows.map((row) => [
      row.prefix,
      row.name ?? '',
      row.acts_as,
      row.issued_by,
      row.state,
      row.last_used_at?.slice(0, 16) ?? 'never',
      row.expires_at.slice(0, 10),
    ]);
    process.stdout.write(formatTable([head, ...table]));
  }
}

export async function revokeKey(idOrPrefix: string): Promise<void> {
  const key = await withStore((persistence) => createKeys(persistence).revokeByName(idOrPrefix));
  process.stderr.write(`Revoked the key ${key.prefix} of ${key.email}.\n`);
}

export async function listMembers(options: { organization: string; json?: true }): Promise<void> {
  const members = await withStore(async (persistence) => {
    const { id } = await createOrganizationLimits(persistence).find(options.organization);
    return (await createMembers(persistence).list(id, allMembers)).items;
  });
  const rows = members.map((member) => ({
    membership_id: member.membershipId,
    email: member.email,
    role: member.role,
    is_disabled: member.disabledAt !== null,
    joined_at: member.joinedAt.toISOString(),
    workspaces: member.workspaces.map(({ workspaceId, name, role }) => ({ id: workspaceId, name, role })),
  }));
  if (options.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else {
    const head = ['E-MAIL', 'ROLE', 'JOINED', 'WORKSPACES'];
    const table = rows.map((row) => [
      row.is_disabled ? `${row.email} (disabled)` : row.email,
      row.role,
      row.joined_at.slice(0, 10),
      row.workspaces.map(({ name, role }) => `${name} (${role})`).join(', '),
    ]);
    process.stdout.write(formatTable([head, ...table]));
  }
}

const allMembers = { limit: Number.MAX_SAFE_INTEGER, offset: 0 };

export async function setMember(options: {
  organization: string;
  email: string;
  role: 'owner' | 'member';
}): Promise<void> {
  const name = await withStore(async (persistence) => {
    const organization = await createOrganizationLimits(persistence).find(options.organization);
    await createMembers(persistence).put(organization.id, options.email, options.role);
    return organization.name;
  });
  process.stderr.write(`${options.email} is ${options.role} of ${name}.\n`);
}

export async function removeMember(options: { organization: string; email: string }): Promise<void> {
  const name = await withStore(async (persistence) => {
    const organization = await createOrganizationLimits(persistence).find(options.organization);
    const members = createMembers(persistence);
    const { membershipId } = await members.findByEmail(organization.id, options.email);
    await members.remove({ organizationId: organization.id, membershipId }, null);
    return organization.name;
  });
  process.stderr.write(`Removed ${options.email} from ${name}.\n`);
}

export async function setAccountDisabled(email: string, isDisabled: boolean): Promise<void> {
  const { orphaned } = await withStore((persistence) =>
    createAccounts(persistence).setDisabled(email, isDisabled),
  );
  process.stderr.write(isDisabled ? `Disabled ${email}.\n` : `Enabled ${email}.\n`);
  for (const name of orphaned)
    process.stderr.write(
      `${name} has no active owner. Make one: pumphouse admin set-member --organization "${name}" --email ADDRESS\n`,
    );
}
