import type { Resource } from '../../domain/retention/resource.ts';
import type { Inventory } from '../../executors/contract/inventory.ts';
import type { Logger } from 'pino';
import type { OwnerInput, OrphanStatus } from '../../domain/retention/orphans.ts';
import type { Persistence } from '../../store/store.ts';
import { classifyResource, minOrphanAgeSeconds } from '../../domain/retention/orphans.ts';

export interface OrphanCollectorDependencies {
  persistence: Persistence<'installation' | 'ownership'>;
  executor: Inventory;
  /** The database clock, on which leases are based. */
  readNow?: () => Promise<Date>;
  log: Logger;
}

export type ClassifiedResource = Resource & OrphanStatus;

export interface RemovedOrphans {
  removed: ClassifiedResource[];
  /** Resources that could not be removed, and why. */
  failed: { resource: ClassifiedResource; problem: string }[];
}

export interface RemoveOptions {
  signal?: AbortSignal;
  removesUnknown?: boolean;
}

export type OrphanCollector = ReturnType<typeof createOrphanCollector>;

/**
 * Creates the orphan collector, which finds and removes resources of the executor without an owner, as left
 * behind by crashes. Safe to run concurrently, in servers and from the command line. Every answer of the
 * store is required: while the store is unavailable, nothing is removed.
 */
export function createOrphanCollector({
  persistence,
  executor,
  log,
  ...options
}: OrphanCollectorDependencies) {
  const { ownership, installation } = persistence.store;
  const readNow = options.readNow ?? (async () => (await installation.ping()).now);

  async function readOwnerInput(resources: readonly Resource[]): Promise<OwnerInput> {
    const attemptIds: string[] = [];
    const paths: string[] = [];
    const organizationIds: string[] = [];
    const workspaceIds: string[] = [];
    const keys: string[] = [];
    for (const { owner } of resources) {
      if (owner.kind === 'attempt') attemptIds.push(owner.attemptId);
      if (owner.kind === 'environment') paths.push(owner.path);
      if (owner.kind === 'environment' || owner.kind === 'build') keys.push(owner.key);
      if (owner.kind === 'cache') organizationIds.push(owner.organizationId);
      if (owner.kind === 'local-data') workspaceIds.push(owner.workspaceId);
    }
    // Read uses and leases before paths: a build that ends in between is found as one or the other.
    const usedKeys = await ownership.listUsedKeys();
    const buildLeases = await ownership.listBuildLeases();
    return {
      usedKeys,
      buildLeases,
      knownKeys: await ownership.findKnownKeys(keys),
      environmentPaths: await ownership.findEnvironmentPaths(paths),
      runEnds: await ownership.findRunEnds(attemptIds),
      organizationIds: await ownership.findOrganizations(organizationIds),
      workspaceIds: await ownership.findWorkspaces(workspaceIds),
    };
  }

  async function classify(resources: readonly Resource[]): Promise<ClassifiedResource[]> {
    const input = await readOwnerInput(resources);
    const now = await readNow();
    return resources.map((one) => ({ ...one, ...classifyResource(one, input, now) }));
  }

  /** Lists the resources first, then reads the store: those created in between are young. */
  async function list(withSizes: boolean): Promise<ClassifiedResource[]> {
    return classify(await executor.listResources({ withSizes }));
  }

  async function endAbandonedBuilds(): Promise<void> {
    const now = await readNow();
    await ownership.endAbandonedBuilds(new Date(now.getTime() - minOrphanAgeSeconds * 1000));
  }

  /** Checks again, because earlier removals may have taken a while. */
  async function removeIfStillOrphaned(
    resource: ClassifiedResource,
    removesUnknown: boolean,
  ): Promise<ClassifiedResource | null> {
    const [again] = await classify([resource]);
    if (!again || !isRemovable(again, removesUnknown)) return null;
    await executor.removeResource(again);
    const { kind, id, owner, madeAt, reason } = again;
    log.info({ kind, id, owner, madeAt, reason }, 'removed orphaned resources');
    return again;
  }

  return {
    /** Lists all resources of the executor with their status. Removes nothing. */
    list: () => list(true),

    /**
     * Removes orphaned resources.
     * @param options.removesUnknown also removes what this database has never had
     * @throws if the store or the executor is unavailable
     */
    async remove({ signal, removesUnknown = false }: RemoveOptions = {}): Promise<RemovedOrphans> {
      const result: RemovedOrphans = { removed: [], failed: [] };
      await endAbandonedBuilds();
      const listed = await list(false);
      const unknown = listed.filter((one) => one.isUnknown).length;
      if (unknown > 0 && !removesUnknown)
        log.warn(
          { unknown },
          'resources that this database has never had are kept: run bin/pumphouse admin leftovers',
        );
      for (const resource of listed.filter((one) => isRemovable(one, removesUnknown))) {
        if (signal?.aborted) break;
        try {
          const removed = await removeIfStillOrphaned(resource, removesUnknown);
          if (removed) result.removed.push(removed);
        } catch (error) {
          const problem = error instanceof Error ? error.message : String(error);
          log.warn(
            { err: error, id: resource.id },
            'orphaned resources were not removed; retried in the next iteration',
          );
          result.failed.push({ resource, problem });
        }
      }
      return result;
    },
  };
}

function isRemovable({ isOrphan, isUnknown }: ClassifiedResource, removesUnknown: boolean): boolean {
  return isOrphan || (isUnknown && removesUnknown);
}
