import type { Client } from '@pumphouse/client';
import type { Credential } from '../sign-in/credential.ts';
import type { WorkspaceFolder } from '../workspaces/workspace-folder.ts';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { listOwnWorkspaces, type OwnWorkspace } from '../workspaces/own-workspaces.ts';
import { pickWorkspace } from '../workspaces/all-workspaces.ts';
import { isId } from '../http/is-id.ts';

interface WorkspaceChoice {
  client: Client;
  credential: Credential;
  folder: WorkspaceFolder | null;
  serverUrl: string;
  /** The value of `--workspace`: a name or an id. */
  named: string | undefined;
}

/**
 * Returns the id of the command's workspace: `--workspace`, then the one that the folder is connected to at
 * this server, then the only one of the caller, such as that of a workspace key.
 * @throws CommandError workspace_not_found, no_workspace
 */
export async function chooseWorkspace(choice: WorkspaceChoice): Promise<string> {
  const { client, folder, serverUrl, named } = choice;
  if (named !== undefined) return isId(named) ? named : findByName(await listOwnWorkspaces(client), named);
  const isFoldersServer = folder?.apiBaseUrl === undefined || trimSlash(folder.apiBaseUrl) === serverUrl;
  if (folder?.workspaceId !== undefined && isFoldersServer) return folder.workspaceId;
  const workspaces = await listOwnWorkspaces(client);
  const [only] = workspaces;
  if (only && workspaces.length === 1) return only.id;
  throw new CommandError('No workspace is chosen.', {
    code: 'no_workspace',
    exitCode: exitCodes.usage,
    nextStep:
      workspaces.length === 0
        ? 'Create one: pumphouse workspace create NAME.'
        : 'Run pumphouse workspace switch NAME in your workspace folder, or add --workspace NAME.',
    lines: workspaces.map(({ name, organizationName }) => `${name} (${organizationName})`),
  });
}

/** @throws CommandError workspace_not_found, workspace_name_ambiguous */
function findByName(workspaces: readonly OwnWorkspace[], name: string): string {
  const candidates = workspaces.map(({ id, name, organizationName }) => ({
    id,
    name,
    organization_name: organizationName,
    archived_at: null,
  }));
  return pickWorkspace(candidates, name).id;
}

function trimSlash(address: string): string {
  return address.replace(/\/+$/, '');
}
