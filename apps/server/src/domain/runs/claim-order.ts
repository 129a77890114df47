/** Chooses the pending runs that a server claims next. Pure functions. */
import type { Demand, Pool, PoolUse, Shortage } from './capacity.ts';
import { addDemand, findShortage } from './capacity.ts';

/** A claimable pending run, reduced to what the choice depends on. */
export interface PendingRun {
  jobRunId: string;
  organizationId: string;
  workspaceId: string;
  priority: number;
  createdAt: Date;
  /** Since when the run has been claimable, in seconds by the clock of the database. */
  waitedSeconds: number;
  demand: Demand;
  /** Key of the local data lock: runs with the same key start one at a time. Null: no lock. */
  localDataLock: string | null;
  /** The run replaces an active run of its job and gets its slot. */
  replacesActive: boolean;
}

/** Numbers of active runs of a pool, across all servers. */
export interface ActiveCounts {
  organizations: ReadonlyMap<string, number>;
  workspaces: ReadonlyMap<string, number>;
}

export interface ClaimPlan<Run extends PendingRun> {
  /** In claim order. */
  chosen: Run[];
  /** A run that has waited long for more than is free; free capacity is reserved for it. */
  reservedFor: Run | null;
}

/**
 * How long smaller runs may pass one that does not fit. After that, the pool drains until it fits. Without a
 * reservation, a steady stream of small runs would keep a large one waiting forever; with an immediate
 * reservation, each large run would block small ones.
 */
export const reserveAfterSeconds = 300;

/**
 * Chooses fairly between organizations, then between workspaces: the one with the fewest active runs is next.
 * So a thousand pending runs of one workspace delay another workspace's single run only until the next slot
 * is free. Within a workspace, by priority, then by age.
 */
export function chooseClaims<Run extends PendingRun>(
  pending: readonly Run[],
  active: ActiveCounts,
  { pool, use }: { pool: Pool; use: PoolUse },
): ClaimPlan<Run> {
  const counts = copyCounts(active);
  const heldLocks = new Set<string>();
  const waiting = new Set(pending);
  const chosen: Run[] = [];
  let taken = use;
  for (let run = findNext(waiting, counts); run; run = findNext(waiting, counts)) {
    waiting.delete(run);
    if (run.localDataLock !== null && heldLocks.has(run.localDataLock)) continue;
    const shortage = shortageOf(run, pool, taken);
    if (shortage === 'runs') continue;
    if (shortage !== null) {
      if (run.waitedSeconds >= reserveAfterSeconds) return { chosen, reservedFor: run };
      continue;
    }
    chosen.push(run);
    taken = addDemand(taken, run.demand);
    addActive(counts, run);
    if (run.localDataLock !== null) heldLocks.add(run.localDataLock);
  }
  return { chosen, reservedFor: null };
}

/**
 * A run that replaces an active one starts without a free slot: otherwise it would wait for the slot that is
 * freed only after it has started.
 */
function shortageOf(run: PendingRun, pool: Pool, use: PoolUse): Shortage | null {
  return run.replacesActive ? null : findShortage(run.demand, pool, use);
}

interface Counts {
  organizations: Map<string, number>;
  workspaces: Map<string, number>;
}

const copyCounts = ({ organizations, workspaces }: ActiveCounts): Counts => ({
  organizations: new Map(organizations),
  workspaces: new Map(workspaces),
});

function addActive(counts: Counts, { organizationId, workspaceId }: PendingRun): void {
  counts.organizations.set(organizationId, (counts.organizations.get(organizationId) ?? 0) + 1);
  counts.workspaces.set(workspaceId, (counts.workspaces.get(workspaceId) ?? 0) + 1);
}

function findNext<Run extends PendingRun>(waiting: ReadonlySet<Run>, counts: Counts): Run | undefined {
  let next: Run | undefined;
  for (const run of waiting) if (next === undefined || compare(run, next, counts) < 0) next = run;
  return next;
}

function compare(one: PendingRun, other: PendingRun, { organizations, workspaces }: Counts): number {
  return (
    (organizations.get(one.organizationId) ?? 0) - (organizations.get(other.organizationId) ?? 0) ||
    (workspaces.get(one.workspaceId) ?? 0) - (workspaces.get(other.workspaceId) ?? 0) ||
    other.priority - one.priority ||
    one.createdAt.getTime() - other.createdAt.getTime() ||
    (one.jobRunId < other.jobRunId ? -1 : 1)
  );
}
