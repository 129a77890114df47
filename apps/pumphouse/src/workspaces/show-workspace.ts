import { orNull } from '../http/or-null.ts';
import { locateConsolePage } from '../session/console-address.ts';
import type { Session } from '../session/session.ts';
import { formatDetails } from '../terminal/details.ts';
import { formatBytes, formatInstant, formatRelative } from '../terminal/format.ts';
import { findWorkspace } from './all-workspaces.ts';

/** Shows a workspace with the caller's role, its jobs and its latest versions. */
export async function showWorkspace(session: Session, name: string | undefined): Promise<void> {
  const { client, terminal } = session;
  const workspace_id =
    name === undefined ? await session.workspaceId() : (await findWorkspace(session, name)).id;
  const params = { workspace_id };
  const [me, jobs, paused, deployment, configuration] = await Promise.all([
    client.call('get_workspace_me', { params }),
    client.call('list_jobs', { params, query: { is_archived: false, limit: 1 } }),
    client.call('list_job_overviews', { params, query: { is_paused: true, is_archived: false, limit: 1 } }),
    orNull([404], client.call('get_deployment_latest', { params })),
    orNull([404], client.call('get_configuration_latest', { params })),
  ]);
  const { workspace, organization } = me;
  const url = locateConsolePage(session.serverUrl, workspace.id);
  const data = {
    ...workspace,
    organization_name: organization.name,
    role: me.workspace_role,
    organization_role: me.organization_role,
    console_url: url,
    job_count: jobs.total,
    latest_deployment: deployment,
    latest_configuration: configuration,
  };
  session.show(data, () =>
    formatDetails(terminal, [
      ['Workspace', terminal.tone('strong', workspace.name)],
      ['Description', workspace.description],
      [
        'Archived',
        workspace.archived_at ? terminal.tone('warning', formatInstant(workspace.archived_at)) : '',
      ],
      ['Organization', organization.name],
      ['Your role', me.workspace_role],
      ['Jobs', paused.total > 0 ? `${jobs.total} (${paused.total} paused)` : jobs.total],
      [
        'Code',
        deployment
          ? `version ${deployment.version}, ${deployment.file_count} files, ${formatBytes(deployment.size_bytes)}, ${formatRelative(deployment.created_at)}`
          : 'none yet: pumphouse deploy',
      ],
      [
        'Configuration',
        configuration &&
          `version ${configuration.version}, profiles ${configuration.profiles.join(', ') || '-'}, ${formatRelative(configuration.created_at)}`,
      ],
      ['Created', formatInstant(workspace.created_at)],
      ['Folder', workspace.id === session.folder?.workspaceId ? session.folder.path : ''],
      ['Console', url],
      ['Id', workspace.id],
    ]),
  );
}
