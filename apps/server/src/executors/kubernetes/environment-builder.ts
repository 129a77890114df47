import type { EnvironmentBuilder, EnvironmentLocation } from '../contract/environment-builder.ts';
import { listClaim } from './claim-list.ts';
import { buildEnvironment, removeFolders } from './environments.ts';
import { hasEnvironment, unmarkEnvironment } from './environment-marker.ts';
import type { KubernetesBackend, NamespaceConnection } from './kubernetes-backend.ts';
import { executorName } from './names.ts';
import { imagePythons } from '../image-pythons.ts';
import { readEnvironmentName } from './environment-name.ts';
import { planVolumePaths } from './volume-paths.ts';
import { askClaimProgram } from './short-pod.ts';

/** Builds environments as folders of the claim, or as archives on the server where there is none. */
export function createEnvironmentBuilder(backend: KubernetesBackend): EnvironmentBuilder {
  const { installationId } = backend;
  const volume = planVolumePaths(installationId);

  /** Null for an environment of another executor, and one that is on no claim. */
  function locate({ executor, path, archive }: EnvironmentLocation, { volumeClaim }: NamespaceConnection) {
    if (executor !== executorName || archive !== undefined || volumeClaim === null) return null;
    return { path: volume.environment(path), uid: readEnvironmentName(path).uid };
  }

  return {
    // Which images the registry has is not known here.
    listPythons: () => Promise.resolve([...imagePythons]),
    buildEnvironment: (spec, onLine, signal) =>
      backend.withCluster('The environment could not be built', async (connection) => {
        return buildEnvironment(backend, connection, spec, { onLine, signal });
      }),
    hasEnvironment: (location) =>
      backend.withCluster('The environment cannot be inspected', async (connection) => {
        if (location.executor !== executorName) return false;
        return hasEnvironment(backend, connection, location);
      }),
    removeEnvironment: (location) =>
      backend.withCluster('The environment could not be removed', async (connection) => {
        if (location.executor !== executorName) return;
        await unmarkEnvironment(backend, connection, location.path);
        const found = locate(location, connection);
        if (found === null) return;
        await backend.faultPoints.reach('in-environment-removal');
        await removeFolders(backend, connection, [found.path], found.uid);
      }),
    measureEnvironment: (location) =>
      backend.withCluster('The environment cannot be measured', async (connection) => {
        if (location.archive !== undefined) return location.archive.sizeBytes;
        const found = locate(location, connection);
        if (found === null) return 0;
        const { size_bytes: sizeBytes } = await askClaimProgram<{ size_bytes: number }>(backend, connection, {
          action: 'measure',
          given: { path: found.path },
          uid: found.uid,
        });
        return sizeBytes;
      }),
    listCaches: () =>
      backend.withCluster('The caches cannot be listed', async (connection) => {
        const caches = (await listClaim(backend, connection, { withSizes: true })).flatMap((entry) =>
          entry.kind === 'cache' ? [entry] : [],
        );
        const byOrganization = Map.groupBy(caches, ({ organization }) => organization);
        return [...byOrganization].map(([organizationId, own]) => ({
          organizationId,
          sizeBytes: own.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
          changedAt: new Date(Math.max(...own.map(({ changedAt }) => changedAt.getTime()))),
        }));
      }),
    removeCache: (organizationId) =>
      backend.withCluster('The cache could not be removed', async (connection) => {
        const entries = await listClaim(backend, connection, { withSizes: false });
        const own = entries.filter(
          (entry) => entry.kind === 'cache' && entry.organization === organizationId,
        );
        for (const { path, uid } of own)
          await removeFolders(backend, connection, [`${volume.root}/${path}`], uid);
      }),
    // Environments are folders, without links between them.
    listStoredPackages: () => Promise.resolve([]),
    removeStoredPackages: () => Promise.resolve(),
  };
}
