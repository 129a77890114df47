/** Which pending runs a server claims next. Pure. */
import type { Demand, Pool, PoolUse, Shortage } from './capacity.ts';
import { addDemand, findShortage } from './capacity.ts';

/** A pending run that may be claimed now, as far as the choice depends on it. */
export interface PendingRun {
  jobRunId: string;
  organizationId: string;
  workspaceId: string;
  priority: number;
  createdAt: Date;
  /** Since it could have been claimed, by the clock of the database. */
  waitedSeconds: number;
  demand: Demand;
  /** Runs of one turn use the same local data: one at a time. Null: it takes no turns. */
  turn: string | null;
  /** It takes the place of an active run of its job, whose slot it gets. */
  replacesActive: boolean;
}

/** Active runs of a pool, of all servers. */
export interface ActiveCounts {
  organizations: ReadonlyMap<string, number>;
  workspaces: ReadonlyMap<string, number>;
}

export interface ClaimPlan<Run extends PendingRun> {
  /** In their order. */
  chosen: Run[];
  /** A run that has waited long for more than there is: what becomes free is kept for it. */
  reservedFor: Run | null;
}

/**
 * How long smaller runs may pass one that does not fit. After that the pool empties until it does: without a reservation a steady
 * stream of small runs keeps a large one waiting for ever; with one from the start, each large run keeps small ones waiting.
 */
export const reserveAfterSeconds = 300;

/**
 * Fair between organizations, then between workspaces: the one with the fewest active runs is next, so a thousand pending runs of one
 * workspace delay another's single run by one end of a run. Within a workspace by priority, then by age.
 */
export function chooseClaims<Run extends PendingRun>(
  pending: readonly Run[],
  active: ActiveCounts,
  { pool, use }: { pool: Pool; use: PoolUse },
): ClaimPlan<Run> {
  const counts = copyCounts(active);
  const turns = new Set<string>();
  const waiting = new Set(pending);
  const chosen: Run[] = [];
  let taken = use;
  for (let run = findNext(waiting, counts); run; run = findNext(waiting, counts)) {
    waiting.delete(run);
    if (run.turn !== null && turns.has(run.turn)) continue;
    const shortage = shortageOf(run, pool, taken);
    if (shortage === 'runs') continue;
    if (shortage !== null) {
      if (run.waitedSeconds >= reserveAfterSeconds) return { chosen, reservedFor: run };
      continue;
    }
    chosen.push(run);
    taken = addDemand(taken, run.demand);
    addActive(counts, run);
    if (run.turn !== null) turns.add(run.turn);
  }
  return { chosen, reservedFor: null };
}

/** A run that replaces one that is active starts beside it: it would wait for the very slot that is freed when it has started. */
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
