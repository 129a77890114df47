import type { AttemptHandle } from '../executors/contract/attempt-handle.ts';
import type { AttemptRunner } from '../executors/contract/attempt-runner.ts';
import type { Claim } from '../store/records.ts';
import type { SupervisorIdentity } from '../domain/workers/supervisor-identity.ts';
import type { ServerProcesses } from './server-processes.ts';
import type { Store } from '../store/store.ts';

export interface TakeOverDependencies {
  store: Pick<Store, 'claims' | 'environments' | 'supervisors' | 'unknownRuns'>;
  executor: AttemptRunner;
  serverProcesses: Pick<ServerProcesses, 'readStatus'>;
  identity: SupervisorIdentity;
  leaseSeconds: number;
}

export type TakeOver = ReturnType<typeof createTakeOver>;

const batch = 20;

/** Heartbeat interval of each supervisor. */
export const heartbeatMs = 1000;
/**
 * Silence after which servers from before a machine restart count as gone, without waiting for their leases.
 */
const silentSeconds = 3;

/** Takes over runs of the same executor that other servers left. */
export function createTakeOver(dependencies: TakeOverDependencies) {
  const { store, executor, serverProcesses, identity, leaseSeconds } = dependencies;
  const { owner, workerId } = identity;

  /** The owners that are certainly gone. */
  async function selectGone(owners: readonly string[]): Promise<string[]> {
    const others = owners.filter((other) => other !== owner);
    const byStatus = Map.groupBy(others, (other) => serverProcesses.readStatus(other));
    const quiet = byStatus.get('gone-if-silent') ?? [];
    const silent = quiet.length > 0 ? await store.supervisors.listSilent(quiet, silentSeconds) : [];
    return [...(byStatus.get('gone') ?? []), ...silent];
  }

  const canSee = async (handle: AttemptHandle): Promise<boolean> => {
    const { state } = await executor.inspect(handle);
    return state !== 'unknown';
  };

  return {
    /** Takes over all runs of a worker that has just connected here: its previous connection is over. */
    ofWorker: async (): Promise<Claim[]> =>
      workerId === null ? [] : store.claims.takeOverOfWorker(workerId, owner, leaseSeconds),

    /** Takes over runs of servers that are gone, or silent for longer than their lease. */
    async ofLost(): Promise<Claim[]> {
      const builders = await selectGone(await store.environments.listBuilders());
      if (builders.length > 0) await store.environments.freeBuildsOf(builders);
      const gone = await selectGone(await store.claims.listOwners(workerId));
      const claims = gone.length > 0 ? await store.claims.takeOverOf(gone, identity, leaseSeconds) : [];
      return [...claims, ...(await store.claims.takeOverExpired(identity, leaseSeconds, batch))];
    },

    /** Takes over runs that their own servers cannot see and whose attempts this server can see. */
    async ofUnknown(): Promise<Claim[]> {
      const runs = await store.unknownRuns.listOfOthers(owner, workerId, batch);
      const areVisible = await Promise.all(runs.map(({ handle }) => canSee(handle)));
      const visible = runs.filter((_, index) => areVisible[index]).map(({ jobRunId }) => jobRunId);
      return visible.length > 0 ? store.unknownRuns.takeOver(visible, owner, leaseSeconds) : [];
    },
  };
}
