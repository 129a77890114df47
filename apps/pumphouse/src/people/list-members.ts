import type { OrganizationMemberResponse, WorkspaceAccessResponse } from '@pumphouse/contract';
import { orNull } from '../http/or-null.ts';
import { readAll } from '../paging/read-all.ts';
import type { Session } from '../session/session.ts';
import { formatRelative } from '../terminal/format.ts';
import { formatTable, type Column } from '../terminal/table.ts';
import { readInvitations } from './invitations.ts';
import { openScope, type MemberOptions, type MembersScope } from './members-scope.ts';

/** Lists the members of an organization or of a workspace. */
export async function listMembers(session: Session, options: MemberOptions): Promise<void> {
  const scope = await openScope(session, options);
  if (scope.kind === 'organization') showTable(session, await readMembers(session, scope), memberColumns);
  else showTable(session, await readAccess(session, scope), accessColumns);
  await notePendingInvitations(session, scope);
}

type OrganizationScope = Extract<MembersScope, { kind: 'organization' }>;
type WorkspaceScope = Extract<MembersScope, { kind: 'workspace' }>;

/** Reads the members of an organization. */
export function readMembers(
  { client }: Session,
  { params }: OrganizationScope,
): Promise<OrganizationMemberResponse[]> {
  return readAll((page) => client.call('list_organization_members', { params, query: page }));
}

/** Reads the users with access to a workspace. */
export function readAccess(
  { client }: Session,
  { params }: Pick<WorkspaceScope, 'params'>,
): Promise<WorkspaceAccessResponse[]> {
  return readAll((page) => client.call('list_workspace_access', { params, query: page }));
}

const memberColumns: Column<OrganizationMemberResponse>[] = [
  { title: 'EMAIL', text: ({ email }) => email },
  { title: 'NAME', text: ({ name }) => name ?? '', dropOrder: 2 },
  { title: 'ROLE', text: ({ role, is_disabled }) => (is_disabled ? `${role}, disabled` : role) },
  {
    title: 'WORKSPACES',
    text: ({ workspaces }) => workspaces.map(({ name, role }) => `${name} (${role})`).join(', '),
    dropOrder: 1,
  },
  { title: 'JOINED', text: ({ joined_at }) => formatRelative(joined_at), dropOrder: 3 },
];

const accessColumns: Column<WorkspaceAccessResponse>[] = [
  // The address of a key is made up, and only its name tells the user which one it is.
  { title: 'EMAIL', text: ({ kind, email }) => (kind === 'service_account' ? '' : email) },
  { title: 'NAME', text: ({ name }) => name ?? '', dropOrder: 2 },
  { title: 'ROLE', text: ({ role, is_disabled }) => (is_disabled ? `${role}, disabled` : role) },
  { title: 'FROM', text: describeOrigin, dropOrder: 1 },
  { title: 'SINCE', text: ({ since }) => formatRelative(since), dropOrder: 3 },
];

/** Where the role comes from. */
function describeOrigin({ kind, own_role, default_role }: WorkspaceAccessResponse): string {
  if (kind === 'service_account') return 'workspace key';
  if (own_role === null) return 'default access of the organization';
  return default_role === null ? 'own role' : `own role ${own_role}, default ${default_role}`;
}

function showTable<Row>(session: Session, rows: readonly Row[], columns: readonly Column<Row>[]): void {
  const { terminal } = session;
  session.show(rows, () =>
    formatTable(rows, columns, { width: terminal.width, title: (text) => terminal.tone('strong', text) }),
  );
}

/** Only owners see invitations. */
async function notePendingInvitations(session: Session, scope: MembersScope): Promise<void> {
  if (session.isJson || session.terminal.isQuiet) return;
  const pending = await orNull([403], readInvitations(session, scope, { isPendingOnly: true }));
  if (!pending?.length) return;
  const addresses = pending.length > 3 ? '' : `: ${pending.map(({ email }) => email).join(', ')}`;
  const count = pending.length === 1 ? '1 invitation is' : `${pending.length} invitations are`;
  session.terminal.note(`${count} pending${addresses}. Details: pumphouse member list --invitations`);
}
