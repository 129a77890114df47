/** Locates environments and caches in a data folder. Pure. */
import { dirname, join } from 'node:path';
import type { EnvironmentLocation, EnvironmentSpec } from '../contract/environment-builder.ts';
import { EXECUTOR_NAME } from './attempt-place.ts';

export function isEnvironmentPath(dataDir: string, { executor, path }: EnvironmentLocation): boolean {
  const place = dirname(path);
  return (
    executor === EXECUTOR_NAME &&
    path === locateEnvironment(place) &&
    dirname(place) === locateEnvironments(dataDir)
  );
}

export function locateEnvironment(place: string): string {
  return join(place, 'venv');
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
