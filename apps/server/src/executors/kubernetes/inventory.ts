import type { Resource, ResourceOwner } from '../../domain/retention/resource.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import type { Inventory } from '../contract/inventory.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded } from './attempts.ts';
import { listClaim, type ClaimEntry } from './claim-list.ts';
import { removeFolders } from './environments.ts';
import { unmarkEnvironment } from './environment-marker.ts';
import type { KubernetesBackend, NamespaceConnection } from './kubernetes-backend.ts';
import type { Pod } from './kube-objects.ts';
import { annotations, labels, labelsOf, selectorOf } from './names.ts';
import { planVolumePaths } from './volume-paths.ts';

const environmentsFolder = 'environments/';
const pauseMs = 200;
const removalSeconds = 60;

/** Lists and removes the pods and folders of this installation. Secrets go with their pods. */
export function createInventory(backend: KubernetesBackend): Inventory {
  const { installationId } = backend;
  const { root } = planVolumePaths(installationId);

  async function removePod(connection: NamespaceConnection, name: string): Promise<void> {
    const pod = await backend.findPod(connection, name);
    const own = labelsOf(installationId, 'attempt')[labels.installation];
    if (pod === null || pod.metadata.labels?.[labels.installation] !== own) return;
    await backend.deletePod(connection, pod, 1);
    const giveUpAt = performance.now() + removalSeconds * 1000;
    while ((await backend.findPod(connection, name))?.metadata.uid === pod.metadata.uid) {
      if (performance.now() > giveUpAt) throw new ExecutorError('backend', `The pod ${name} has not ended.`);
      await sleep(pauseMs);
    }
  }

  async function removeFolder(connection: NamespaceConnection, id: string): Promise<void> {
    const entry = (await listClaim(backend, connection, { withSizes: false })).find(
      ({ path }) => path === id,
    );
    if (entry === undefined) return;
    if (entry.kind === 'local-data')
      throw new ExecutorError(
        'config',
        `${id} contains the data of a workspace, which is never removed automatically.`,
      );
    if (entry.kind === 'environment') {
      await unmarkEnvironment(backend, connection, id.slice(environmentsFolder.length));
      await backend.faultPoints.reach('in-environment-removal');
    }
    await removeFolders(backend, connection, [`${root}/${id}`], entry.uid);
  }

  return {
    listResources: ({ withSizes }) =>
      backend.withCluster('The resources of the cluster cannot be listed', async (connection) => {
        const [pods, entries] = await Promise.all([
          backend.listPods(connection, selectorOf(installationId)),
          listClaim(backend, connection, { withSizes }),
        ]);
        return [...pods.map(describePodResource), ...entries.map(describeFolder)];
      }),
    removeResource: ({ kind, id }) =>
      backend.withCluster(`${kind} ${id} could not be removed`, async (connection) => {
        if (kind === 'container') await removePod(connection, id);
        if (kind === 'folder') await removeFolder(connection, id);
      }),
  };
}

function describePodResource(pod: Pod): Resource {
  const { name, creationTimestamp } = pod.metadata;
  return {
    kind: 'container',
    id: name,
    owner: ownerOfPod(pod),
    madeAt: new Date(creationTimestamp ?? Date.now()),
    sizeBytes: null,
  };
}

function ownerOfPod(pod: Pod): ResourceOwner {
  const own = pod.metadata.labels ?? {};
  switch (own[labels.kind]) {
    case 'attempt':
      return { kind: 'attempt', attemptId: own[labels.attempt] ?? '' };
    case 'build':
      return { kind: 'build', key: pod.metadata.annotations?.[annotations.environmentKey] ?? '' };
    case 'volume':
      // While it runs, a server waits for it, or it ends on its own.
      return hasEnded(pod) ? { kind: 'nobody' } : { kind: 'installation' };
    default:
      return { kind: 'installation' };
  }
}

function describeFolder(entry: ClaimEntry): Resource {
  return {
    kind: 'folder',
    id: entry.path,
    owner: ownerOfFolder(entry),
    madeAt: entry.changedAt,
    sizeBytes: entry.sizeBytes,
  };
}

function ownerOfFolder(entry: ClaimEntry): ResourceOwner {
  if (entry.kind === 'environment')
    return { kind: 'environment', path: entry.path.slice(environmentsFolder.length), key: entry.key };
  if (entry.kind === 'cache') return { kind: 'cache', organizationId: entry.organization };
  if (entry.kind === 'copy') return { kind: 'attempt', attemptId: entry.attempt };
  if (entry.kind === 'remains') return { kind: 'nobody' };
  return { kind: 'local-data', workspaceId: entry.workspace, profile: entry.profile };
}
