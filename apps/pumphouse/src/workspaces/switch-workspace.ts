import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { askChoice, requireInteractive } from '../terminal/ask.ts';
import { findWorkspace, listAllWorkspaces, type ListedWorkspace } from './all-workspaces.ts';
import { connectWorkspaceFolder, requireFolder } from './workspace-folder.ts';

/** Connects the folder to a workspace, which the user chooses if none is named. */
export async function switchWorkspace(session: Session, name: string | undefined): Promise<void> {
  const { terminal } = session;
  const folder = requireFolder(session.folder, terminal.folder);
  const workspace = name === undefined ? await choose(session) : await findWorkspace(session, name);
  await connectWorkspaceFolder(folder.path, {
    apiBaseUrl: session.serverUrl,
    workspaceId: workspace.id,
    organizationId: workspace.organization_id,
  });
  report(
    session,
    workspace,
    `Connected ${folder.path} to ${terminal.tone('strong', workspace.name)} (${workspace.organization_name}).`,
  );
  if (workspace.archived_at) {
    terminal.note(`It is archived. To restore it: pumphouse workspace unarchive ${workspace.name}`);
  }
}

async function choose(session: Session): Promise<ListedWorkspace> {
  requireInteractive(
    session.terminal,
    'The name of the workspace',
    'Run pumphouse workspace switch NAME; pumphouse workspace list shows the names.',
  );
  const workspaces = await listAllWorkspaces(session);
  const id = await askChoice(
    'Connect this folder to which workspace?',
    workspaces.map(({ id, name, organization_name }) => ({
      value: id,
      label: name,
      hint: id === session.folder?.workspaceId ? `${organization_name}, connected` : organization_name,
    })),
  );
  return findWorkspace(session, id);
}
