import type { Belonging } from '../../domain/retention/belonging.ts';
import type { Executor } from '../../executors/executor.ts';
import type { Logger } from 'pino';
import type { OwnerFacts, Verdict } from '../../domain/retention/leftovers.ts';
import type { Persistence } from '../../store/store.ts';
import { judgeBelonging, youngestLeftoverSeconds } from '../../domain/retention/leftovers.ts';

export interface LeftoversDependencies {
  persistence: Persistence;
  executor: Executor;
  /** The database's clock, by which leases count. */
  readNow?: () => Promise<Date>;
  log: Logger;
}

export type JudgedBelonging = Belonging & Verdict;

export interface RemovedLeftovers {
  removed: JudgedBelonging[];
  /** Those that are still there, and why. */
  failed: { belonging: JudgedBelonging; problem: string }[];
}

export type Leftovers = ReturnType<typeof createLeftovers>;

/**
 * Finds and removes what the executor keeps and nothing owns, as crashes leave it. May run in several servers and beside them at once.
 * Each answer of the store is needed: while it cannot be asked, nothing is removed.
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
    // Uses and leases before places: a build that ends in between is found as one or as the other.
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

  /** First the list, then the store: what is born in between is young. */
  async function list(withSizes: boolean): Promise<JudgedBelonging[]> {
    return judge(await executor.listBelongings({ withSizes }));
  }

  async function endAbandonedBuilds(): Promise<void> {
    const now = await readNow();
    await ownership.endAbandonedBuilds(new Date(now.getTime() - youngestLeftoverSeconds * 1000));
  }

  /** Asks once more, since those before it may have taken a while. */
  async function removeIfStillLeft(belonging: JudgedBelonging): Promise<JudgedBelonging | null> {
    const [again] = await judge([belonging]);
    if (!again?.isLeftover) return null;
    await executor.removeBelonging(again);
    const { kind, id, owner, madeAt, reason } = again;
    log.info({ kind, id, owner, madeAt, reason }, 'removed what nothing owned');
    return again;
  }

  return {
    /** Everything that the executor keeps, with what becomes of it. Removes nothing. */
    list: () => list(true),

    /** Removes what is left over. @throws when the store or the executor cannot be asked */
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
            'what nothing owns stays; tried again in the next round',
          );
          result.failed.push({ belonging, problem });
        }
      }
      return result;
    },
  };
}
