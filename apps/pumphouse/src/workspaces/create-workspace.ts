import { ApiError } from '@pumphouse/client';
import type { OrganizationResponse, WorkspaceResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findOrganization } from '../organizations/find-organization.ts';
import { locateConsolePage } from '../session/console-address.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { askChoice } from '../terminal/ask.ts';
import { connectWorkspaceFolder } from './workspace-folder.ts';

export interface CreateWorkspaceOptions {
  organization?: string;
  description?: string;
  region?: string;
  connect: boolean;
}

/** Creates a workspace, and connects the folder to it if there is one. */
export async function createWorkspace(
  session: Session,
  name: string,
  options: CreateWorkspaceOptions,
): Promise<void> {
  const { terminal, folder } = session;
  const organization = await findOrganization(session, options.organization);
  const workspace = await createInRegion(session, organization, name, options);
  report(
    session,
    workspace,
    `Created workspace ${terminal.tone('strong', workspace.name)} in ${organization.name}: ` +
      locateConsolePage(session.serverUrl, workspace.id),
  );
  if (!options.connect) return;
  if (!folder) {
    terminal.note('This is not a workspace folder, so none was connected. pumphouse init creates one here.');
    return;
  }
  await connectWorkspaceFolder(folder.path, {
    apiBaseUrl: session.serverUrl,
    workspaceId: workspace.id,
    organizationId: workspace.organization_id,
  });
  terminal.note(`Connected ${folder.path} to it. Next: pumphouse deploy`);
}

/** An organization gets its region with its first workspace. */
async function createInRegion(
  session: Session,
  organization: OrganizationResponse,
  name: string,
  { description, region }: CreateWorkspaceOptions,
): Promise<WorkspaceResponse> {
  const params = { organization_id: organization.id };
  const body = { name, description: description ?? null };
  try {
    return await session.client.call('create_workspace', { params, body });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'region_not_set') throw error;
  }
  const dataplane_id = await chooseRegion(session, region);
  await session.client.call('set_region_organization', { params, body: { dataplane_id } });
  return session.client.call('create_workspace', { params, body });
}

/** The only data plane is the answer; between several only the user can choose, and the choice is final. */
async function chooseRegion({ client, terminal }: Session, given: string | undefined): Promise<string> {
  const { items } = await client.call('list_dataplanes');
  if (given !== undefined) return given;
  const [only] = items;
  if (only && items.length === 1) return only.id;
  if (!terminal.isInteractive) {
    throw new CommandError('The organization has not chosen where its workspaces run.', {
      code: 'region_not_set',
      exitCode: exitCodes.usage,
      nextStep: 'Choose with --region ID. The choice is final.',
      lines: items.map(({ id, name, region }) => `${id}  ${name} (${region})`),
    });
  }
  return askChoice(
    'Where shall the workspaces of this organization run? The choice is final.',
    items.map(({ id, name, region }) => ({ value: id, label: name, hint: region })),
  );
}
