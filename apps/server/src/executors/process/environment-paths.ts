/** Locates environments and caches in a data folder. Pure. */
import { dirname, join } from 'node:path';
import type { EnvironmentLocation, EnvironmentSpec } from '../contract/environment-builder.ts';
import { EXECUTOR_NAME } from './attempt-location.ts';

export function isEnvironmentPath(dataDir: string, { executor, path }: EnvironmentLocation): boolean {
  const context = dirname(path);
  return (
    executor === EXECUTOR_NAME &&
    path === locateEnvironment(context) &&
    dirname(context) === locateEnvironments(dataDir)
  );
}

export function locateEnvironment(context: string): string {
  return join(context, 'venv');
}

export function locateEnvironments(dataDir: string): string {
  return join(dataDir, 'environments');
}

/** Contains a folder for each organization, with a subfolder for each of its workspaces. */
export function locateCaches(dataDir: string): string {
  return join(dataDir, 'uv-caches');
}

export function locateCache(
  dataDir: string,
  { organizationId, workspaceId }: Pick<EnvironmentSpec, 'organizationId' | 'workspaceId'>,
): string {
  return join(locateCaches(dataDir), organizationId, workspaceId);
}
