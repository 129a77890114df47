import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { confirm } from '../terminal/confirm.ts';
import { findWorkspace } from './all-workspaces.ts';

/** Renames the workspace of the session. */
export async function renameWorkspace(
  session: Session,
  name: string,
  { description }: { description?: string },
): Promise<void> {
  const params = { workspace_id: await session.workspaceId() };
  const before = await session.client.call('get_workspace', { params });
  const workspace = await session.client.call('update_workspace', {
    params,
    body: { name, ...(description !== undefined && { description: description || null }) },
  });
  report(session, workspace, `Renamed ${before.name} to ${session.terminal.tone('strong', workspace.name)}.`);
}

/** Archives a workspace after a question: its schedules stop, and its active runs are cancelled. */
export async function archiveWorkspace(
  session: Session,
  name: string | undefined,
  { yes = false }: { yes?: boolean },
): Promise<void> {
  const workspace = await findGiven(session, name);
  const params = { workspace_id: workspace.id };
  await confirm(
    session.terminal,
    `Archive ${workspace.name}? Its schedules stop, and nothing in it can start until it is restored.`,
    { isConfirmed: yes },
  );
  const archived = await session.client.call('archive_workspace', { params });
  report(
    session,
    archived,
    `Archived ${workspace.name}. To restore it: pumphouse workspace unarchive ${JSON.stringify(workspace.name)}`,
  );
}

/** Restores an archived workspace. */
export async function unarchiveWorkspace(session: Session, name: string | undefined): Promise<void> {
  const { id } = await findGiven(session, name);
  const workspace = await session.client.call('unarchive_workspace', { params: { workspace_id: id } });
  report(session, workspace, `Restored ${workspace.name}.`);
}

async function findGiven(session: Session, name: string | undefined): Promise<{ id: string; name: string }> {
  if (name !== undefined) return findWorkspace(session, name);
  return session.client.call('get_workspace', { params: { workspace_id: await session.workspaceId() } });
}
