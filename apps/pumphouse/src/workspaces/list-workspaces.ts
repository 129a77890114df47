import type { WorkspaceHealthResponse } from '@pumphouse/contract';
import { orNull } from '../http/or-null.ts';
import type { Session } from '../session/session.ts';
import { formatCount, formatRelative } from '../terminal/format.ts';
import { formatTable } from '../terminal/table.ts';
import { listAllWorkspaces } from './all-workspaces.ts';

/** Lists the caller's workspaces with their health. */
export async function listWorkspaces(
  session: Session,
  { archived = false }: { archived?: boolean },
): Promise<void> {
  const [workspaces, health] = await Promise.all([
    listAllWorkspaces(session, { withArchived: archived }),
    readHealth(session),
  ]);
  const rows = workspaces.map((workspace) => ({
    ...workspace,
    is_connected: workspace.id === session.folder?.workspaceId,
    health: health.get(workspace.id) ?? null,
  }));
  session.show(rows, () => {
    const { terminal } = session;
    if (rows.length === 0) return 'You have no workspaces. Create one: pumphouse workspace create NAME';
    const count = (number: number | undefined) => (number ? formatCount(number) : '');
    return formatTable(
      rows,
      [
        { title: ' ', text: ({ is_connected }) => (is_connected ? terminal.tone('accent', '*') : '') },
        { title: 'WORKSPACE', text: ({ name }) => name },
        { title: 'ROLE', text: ({ role }) => role ?? '-' },
        { title: 'RUNNING', text: ({ health }) => count(health?.running_count), isNumber: true },
        {
          title: 'FAILING JOBS',
          text: ({ health }) =>
            health?.failing_job_count ? terminal.tone('bad', formatCount(health.failing_job_count)) : '',
          isNumber: true,
        },
        { title: 'ORGANIZATION', text: ({ organization_name }) => organization_name, dropOrder: 1 },
        { title: 'MEMBERS', text: ({ member_count }) => String(member_count), isNumber: true, dropOrder: 3 },
        { title: 'ARCHIVED', text: ({ archived_at }) => formatRelative(archived_at) },
        { title: 'ID', text: ({ id }) => id, dropOrder: 2 },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    );
  });
}

/** Workspace keys have no account, and no list of health; their table has fewer columns. */
async function readHealth({ client }: Session): Promise<Map<string, WorkspaceHealthResponse>> {
  const health = await orNull([403], client.call('list_workspace_health'));
  return new Map(health?.items.map((item) => [item.workspace_id, item]));
}
