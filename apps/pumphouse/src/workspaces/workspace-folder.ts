import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { asObject } from '@pumphouse/contract';
import { readTomlFile, updateTomlFile } from '../servers/toml-file.ts';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';

/** A workspace on the user's machine: the folder above `.dlt/`. */
export interface WorkspaceFolder {
  path: string;
  /** What `[runtime]` in `.dlt/config.toml` says; `dlthub` reads and writes the same keys. */
  apiBaseUrl: string | undefined;
  workspaceId: string | undefined;
  organizationId: string | undefined;
}

/** Finds the workspace folder at or above a folder; null if there is none. */
export async function findWorkspaceFolder(from: string): Promise<WorkspaceFolder | null> {
  for (let path = resolve(from); ; path = dirname(path)) {
    // A home folder has a .dlt too, with dlt's global files: only the marker makes that a workspace.
    if (existsSync(join(path, '.dlt', '.workspace')) || existsSync(join(path, '.dlt', 'config.toml')))
      return readWorkspaceFolder(path);
    if (dirname(path) === path) return null;
  }
}

async function readWorkspaceFolder(path: string): Promise<WorkspaceFolder> {
  const runtime = asObject((await readTomlFile(locateConfig(path)))['runtime']);
  const read = (key: string) => (typeof runtime[key] === 'string' ? runtime[key] : undefined);
  return {
    path,
    apiBaseUrl: read('api_base_url'),
    workspaceId: read('workspace_id'),
    organizationId: read('organization_id'),
  };
}

/** What `connectWorkspaceFolder` writes. */
export interface Connection {
  apiBaseUrl: string;
  workspaceId: string;
  organizationId: string;
}

/** Connects the folder to a workspace of a server, in `.dlt/config.toml`. Its other lines stay. */
export async function connectWorkspaceFolder(path: string, connection: Connection): Promise<void> {
  await updateTomlFile(locateConfig(path), (config) => ({
    ...config,
    runtime: {
      ...asObject(config['runtime']),
      api_base_url: connection.apiBaseUrl,
      workspace_id: connection.workspaceId,
      organization_id: connection.organizationId,
    },
  }));
}

function locateConfig(path: string): string {
  return join(path, '.dlt', 'config.toml');
}

/**
 * Returns the folder, or explains that there is none.
 * @throws CommandError no_workspace_folder
 */
export function requireFolder(folder: WorkspaceFolder | null, currentFolder: string): WorkspaceFolder {
  if (folder) return folder;
  throw new CommandError(`${currentFolder} is not in a workspace: no folder above it has .dlt/config.toml.`, {
    code: 'no_workspace_folder',
    exitCode: exitCodes.usage,
    nextStep: 'Change to your workspace folder, or create one here with pumphouse init.',
  });
}
