/**
 * Config maps that tell without a pod whether an environment exists. A folder on the claim has one while it is complete:
 * created last and deleted first. An archive, which the server has, has one when a pod could not use it.
 */
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import { orNull } from './cluster-error.ts';
import type { KubernetesBackend, NamespaceConnection } from './kubernetes-backend.ts';
import { labelsOf, shortInstallation } from './names.ts';

function nameOf({ installationId }: KubernetesBackend, path: string): string {
  return `pumphouse-${shortInstallation(installationId)}-environment-${path}`;
}

export async function markEnvironment(
  backend: KubernetesBackend,
  { paths }: NamespaceConnection,
  path: string,
): Promise<void> {
  await backend.createIfMissing(paths.configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: nameOf(backend, path), labels: labelsOf(backend.installationId, 'environment') },
  });
}

export async function hasEnvironment(
  backend: KubernetesBackend,
  { paths, volumeClaim }: NamespaceConnection,
  { path, archive }: EnvironmentLocation,
): Promise<boolean> {
  if (archive === undefined && volumeClaim === null) return false;
  const isMarked = (await orNull(backend.api.get(paths.configMap(nameOf(backend, path))))) !== null;
  return archive === undefined ? isMarked : !isMarked;
}

/** The pod of an attempt did not find the environment: the next attempt builds it again. */
export async function noteMissing(
  backend: KubernetesBackend,
  connection: NamespaceConnection,
  { path, isArchive }: { path: string; isArchive: boolean },
): Promise<void> {
  await (isArchive ? markEnvironment : unmarkEnvironment)(backend, connection, path);
}

export async function unmarkEnvironment(
  backend: KubernetesBackend,
  { paths }: NamespaceConnection,
  path: string,
): Promise<void> {
  await orNull(backend.api.delete(paths.configMap(nameOf(backend, path))));
}
