/**
 * The config map of each complete environment, which tells without a pod whether the environment exists. It is
 * created last and deleted first.
 */
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

export async function isEnvironmentMarked(
  backend: KubernetesBackend,
  { paths }: NamespaceConnection,
  path: string,
): Promise<boolean> {
  return (await orNull(backend.api.get(paths.configMap(nameOf(backend, path))))) !== null;
}

export async function unmarkEnvironment(
  backend: KubernetesBackend,
  { paths }: NamespaceConnection,
  path: string,
): Promise<void> {
  await orNull(backend.api.delete(paths.configMap(nameOf(backend, path))));
}
