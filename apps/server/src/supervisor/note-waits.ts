import type { ActiveOfWorkspace, ExplainedWait, UnexplainedWait } from '../store/records.ts';
import type { ClaimScope } from '../domain/workers/supervisor-identity.ts';
import type { ClaimRuns, PoolState } from './claim-runs.ts';
import type { Holders, Wait } from '../domain/runs/wait-reason.ts';
import type { InstanceSizes } from '../domain/attempts/instance-sizes.ts';
import type { PoolName } from '../domain/runs/capacity.ts';
import type { Store } from '../store/store.ts';
import type { ReportWaits } from '../services/runs/report-waits.ts';
import { chooseInstanceLimits, readInstanceSize } from '../domain/attempts/instance-sizes.ts';
import { demandOf } from '../domain/runs/capacity.ts';
import { describeCapacityWait, describeLocalDataWait, isSameWait } from '../domain/runs/wait-reason.ts';

export interface NoteWaitsDependencies {
  store: Pick<Store, 'claims' | 'waits' | 'supervisors'>;
  claimRuns: Pick<ClaimRuns, 'readPools'>;
  reportWaits: Pick<ReportWaits, 'report'>;
  instanceSizes: InstanceSizes;
  /** Which runs its supervisor may claim. */
  scope: ClaimScope;
  /** Why the executor should get no further run now; null if it may. */
  findObstacle: () => Promise<Wait | null>;
}

/** Batch size that explains a thousand new waiting runs within seconds, in a few statements. */
const explainedAtOnce = 200;
/** Each log line takes several statements; a thousand lines are written within a minute. */
const reportedAtOnce = 20;

/**
 * Creates the function that records a wait reason for each pending run that this supervisor may claim and has
 * not claimed. Call it every second.
 */
export function createNoteWaits(dependencies: NoteWaitsDependencies) {
  const { store, claimRuns, reportWaits, instanceSizes, scope, findObstacle } = dependencies;

  async function readHolders(name: PoolName): Promise<(wait: UnexplainedWait) => Holders> {
    const rows = await store.claims.countActive(name === 'apps');
    return (wait) => countHolders(rows, wait);
  }

  function explain(wait: UnexplainedWait, state: CapacityState): Wait {
    const { holderNumber, holderRef } = wait;
    if (holderNumber !== null && holderRef !== null)
      return describeLocalDataWait({ number: holderNumber, jobRef: holderRef });
    if (state.obstacle !== null) return state.obstacle;
    const name = wait.isApp ? 'apps' : 'batch';
    const { pool, use } = state.pools[name];
    const demand = demandOf(chooseInstanceLimits(instanceSizes, readInstanceSize(wait.size)), pool);
    return describeCapacityWait({
      name,
      pool,
      use,
      demand,
      slotCount: state.slotCounts[name],
      holders: state.holdersOf[name](wait),
    });
  }

  return async function noteWaits(): Promise<void> {
    const pools = await claimRuns.readPools();
    const full = { batch: isFull(pools.batch), apps: isFull(pools.apps) };
    const obstacle = await findObstacle();
    const isBlocked = obstacle?.kind === 'engine';
    const unexplained = await store.waits.listUnexplained({ ...full, isBlocked }, explainedAtOnce, scope);
    if (unexplained.length > 0) {
      const [batch, apps, slotCounts] = await Promise.all([
        readHolders('batch'),
        readHolders('apps'),
        store.supervisors.countSlots(),
      ]);
      const state = { pools, obstacle, holdersOf: { batch, apps }, slotCounts };
      await store.waits.explain(unexplained.map((wait) => toExplained(wait, explain(wait, state))));
    }
    await reportWaits.report({ isQueued: false, limit: reportedAtOnce }).catch((error: unknown) => {
      // The logs may be in a data folder that cannot be written to. They get the lines later.
      if (!isBlocked) throw error;
    });
  };
}

interface CapacityState {
  pools: Record<PoolName, PoolState>;
  obstacle: Wait | null;
  holdersOf: Record<PoolName, (wait: UnexplainedWait) => Holders>;
  slotCounts: Record<PoolName, number>;
}

const isFull = ({ pool, use }: PoolState): boolean => use.runs >= pool.maxRuns;

function toExplained({ jobRunId, waitKind }: UnexplainedWait, { kind, reason }: Wait): ExplainedWait {
  return { jobRunId, kind, reason, isSame: isSameWait(waitKind, kind) };
}

function countHolders(
  rows: readonly ActiveOfWorkspace[],
  { workspaceId, organizationId }: UnexplainedWait,
): Holders {
  const holders: Holders = { ownWorkspace: 0, otherWorkspaces: 0, otherOrganizations: 0 };
  for (const row of rows) {
    if (row.workspaceId === workspaceId) holders.ownWorkspace += row.count;
    else if (row.organizationId === organizationId) holders.otherWorkspaces += row.count;
    else holders.otherOrganizations += row.count;
  }
  return holders;
}
