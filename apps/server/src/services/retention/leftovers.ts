import type { Belonging } from '../../domain/retention/belonging.ts';
import type { Inventory } from '../../executors/contract/inventory.ts';
import type { Logger } from 'pino';
import type { OwnerFacts, Verdict } from '../../domain/retention/leftovers.ts';
import type { Persistence } from '../../store/store.ts';
import { judgeBelonging, youngestLeftoverSeconds } from '../../domain/retention/leftovers.ts';

export interface LeftoversDependencies {
  persistence: Persistence<'installation' | 'ownership'>;
  executor: Inventory;
  /** The database clock, on which leases are based. */
  readNow?: () => Promise<Date>;
  log: Logger;
}

export type JudgedBelonging = Belonging & Verdict;

export interface RemovedLeftovers {
  removed: JudgedBelonging[];
  /** Resources that could not be removed, and why. */
  failed: { belonging: JudgedBelonging; problem: string }[];
}

export type Leftovers = ReturnType<typeof createLeftovers>;

/**
 * Creates the orphan collector, which finds and removes resources of the executor without an owner, as left
 * behind by crashes. Safe to run concurrently, in servers and from the command line. Every answer of the
 * store is required: while the store is unavailable, nothing is removed.
 */
export function createLeftovers({ persistence, executor, log, ...options }: LeftoversDependencies) {
  const { ownership, installation } = persistence.store;
  const readNow = options.readNow ?? (async () => (await installation.ping()).now);

  async function readFacts(belongings: readonly Belonging[]): Promise<OwnerFacts> {
    const attemptIds: string[] = [];
    const paths: string[] = [];
    const organizationIds: string[] = [];
    const workspaceIds: string[] = [];
    for (const { owner } of belongings) {
      if (owner.kind === 'attempt') attemptIds.push(owner.attemptId);
      if (owner.kind === 'environment') paths.push(owner.path);
      if (owner.kind === 'cache') organizationIds.push(owner.organizationId);
      if (owner.kind === 'local-data') workspaceIds.push(owner.workspaceId);
    }
    // Read uses and leases before paths: a build that ends in between is found as one or the other.
    const usedKeys = await ownership.listUsedKeys();
    const buildLeases = await ownership.listBuildLeases();
    return {
      usedKeys,
      buildLeases,
      environmentPaths: await ownership.findEnvironmentPaths(paths),
      runEnds: await ownership.findRunEnds(attemptIds),
      organizationIds: await ownership.findOrganizations(organizationIds),
      workspaceIds: await ownership.findWorkspaces(workspaceIds),
    };
  }

  async function judge(belongings: readonly Belonging[]): Promise<JudgedBelonging[]> {
    const facts = await readFacts(belongings);
    const now = await readNow();
    return belongings.map((one) => ({ ...one, ...judgeBelonging(one, facts, now) }));
  }

  /** Lists the resources first, then reads the store: those created in between are young. */
  async function list(withSizes: boolean): Promise<JudgedBelonging[]> {
    return judge(await executor.listBelongings({ withSizes }));
  }

  async function endAbandonedBuilds(): Promise<void> {
    const now = await readNow();
    await ownership.endAbandonedBuilds(new Date(now.getTime() - youngestLeftoverSeconds * 1000));
  }

  /** Checks again, because earlier removals may have taken a while. */
  async function removeIfStillLeft(belonging: JudgedBelonging): Promise<JudgedBelonging | null> {
    const [again] = await judge([belonging]);
    if (!again?.isLeftover) return null;
    await executor.removeBelonging(again);
    const { kind, id, owner, madeAt, reason } = again;
    log.info({ kind, id, owner, madeAt, reason }, 'removed orphaned resources');
    return again;
  }

  return {
    /** Lists all resources of the executor with their status. Removes nothing. */
    list: () => list(true),

    /**
     * Removes orphaned resources.
     * @throws if the store or the executor is unavailable
     */
    async remove({ signal }: { signal?: AbortSignal } = {}): Promise<RemovedLeftovers> {
      const result: RemovedLeftovers = { removed: [], failed: [] };
      await endAbandonedBuilds();
      for (const belonging of (await list(false)).filter((one) => one.isLeftover)) {
        if (signal?.aborted) break;
        try {
          const removed = await removeIfStillLeft(belonging);
          if (removed) result.removed.push(removed);
        } catch (error) {
          const problem = error instanceof Error ? error.message : String(error);
          log.warn(
            { err: error, id: belonging.id },
            'orphaned resources were not removed; retried in the next iteration',
          );
          result.failed.push({ belonging, problem });
        }
      }
      return result;
    },
  };
}
