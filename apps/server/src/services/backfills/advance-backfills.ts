import type { RunStartStores } from '../runs/run-stores.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { ActiveRun, BackfillRecord, BackfillWindowRecord, JobRecord } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { RunInterval } from '../../domain/scheduling/run-interval.ts';
import type { StartRuns } from '../runs/start-runs.ts';
import { covers, deriveWindowStates, isSelected, overlaps } from '../../domain/backfills/window-states.ts';
import {
  decideStep,
  describePreparation,
  type Step,
  withUnprepared,
} from '../../domain/backfills/backfill-state.ts';
import { getConcurrencyLimit } from '../../domain/jobs/job-definition.ts';
import { readJobClock } from '../../domain/backfills/plan-windows.ts';
import { sortAndCoalesce } from '../../domain/scheduling/interval-store.ts';
import { toIntervals } from './intervals.ts';

type Stores = RunStartStores | 'backfills' | 'backfillWindows';

/** `moved`: it may have more to do at once. `left`: another server holds its job. */
export type AdvanceOutcome = 'moved' | 'waits' | 'left';

export type AdvanceBackfills = ReturnType<typeof createAdvanceBackfills>;

/** Windows that one step examines. It bounds the time for which a step holds the lock of the job. */
const maxExamined = 200;
/** Windows that one transaction cancels or retries at most, for the same reason. */
export const maxChanged = 1000;
/** Windows that one step starts at most. */
const maxStarted = 20;

/**
 * Creates the steps of backfills. A step is decided and written under the lock of the job, in one transaction
 * with the runs that it starts: any number of servers may take steps, and a killed one leaves none half done.
 */
export function createAdvanceBackfills(
  persistence: Persistence<Stores>,
  startRuns: Pick<StartRuns, 'startWindows'>,
  { clock, faultPoints }: { clock: Clock; faultPoints: FaultPoints },
) {
  /** Takes one step of a backfill. */
  async function advance(backfillId: string): Promise<AdvanceOutcome> {
    const outcome = await persistence.transaction(async (store): Promise<AdvanceOutcome> => {
      const seen = await store.backfills.find(backfillId);
      if (!seen) return 'waits';
      const [locked] = await store.jobs.tryLock([seen.jobId]);
      if (locked === undefined) return 'left';
      const [job] = await store.jobs.getMany([seen.jobId]);
      const backfill = await store.backfills.find(backfillId);
      if (!job || !backfill || !['preparing', 'running', 'cancelling'].includes(backfill.status))
        return 'waits';
      if (backfill.status === 'preparing') {
        const prepared = await prepare(store, backfill);
        await faultPoints.reach('in-backfill-portion');
        return prepared;
      }
      const active = await store.jobCoverage.activeOf(job.id, backfill.id);
      const turnsOn = backfill.turnsOn ?? (await store.backfills.findTurns(backfill.id));
      const result = await take(store, { backfill: await noteTurns(store, backfill, turnsOn), job, active });
      await faultPoints.reach('in-backfill-before-commit');
      return result;
    });
    if (outcome === 'moved') await faultPoints.reach('after-backfill-commit');
    return outcome;
  }

  async function take(
    store: Pick<Store, Stores>,
    held: { backfill: BackfillRecord; job: JobRecord; active: readonly ActiveRun[] },
  ): Promise<AdvanceOutcome> {
    const { backfill } = held;
    const step = await decide(store, held);
    if (step.kind === 'start') return start(store, { ...held, count: Math.min(step.count, maxStarted) });
    if (step.kind === 'cancel') {
      await store.backfillWindows.cancelWaiting(backfill.id, maxChanged);
      return 'moved';
    }
    if (step.kind === 'wait') return noteWait(store, backfill, step.reason);
    if (step.kind === 'pause') {
      const paused = { status: 'paused', pauseReason: step.reason, waitReason: null } as const;
      await store.backfills.update(backfill.id, paused);
      return 'waits';
    }
    const counts = await store.backfillWindows.countOf([backfill.id]);
    const own = counts.get(backfill.id);
    await store.backfills.update(backfill.id, {
      status: step.state,
      waitReason: null,
      finalCounts: own ? withUnprepared(own, backfill) : null,
    });
    return 'waits';
  }

  async function start(
    store: Pick<Store, Stores>,
    held: { backfill: BackfillRecord; job: JobRecord; active: readonly ActiveRun[]; count: number },
  ): Promise<AdvanceOutcome> {
    const { backfill, job, active, count } = held;
    const waiting = await store.backfillWindows.listWaiting(backfill.id, maxExamined);
    const done = await listDone(store, backfill, waiting);
    if (done.length > 0) {
      await store.backfillWindows.setCovered(backfill.id, done);
      return 'moved';
    }
    const busy = sortAndCoalesce(active.flatMap(toInterval));
    const free = waiting.filter((window) => !overlaps(busy, toWindow(window))).slice(0, count);
    if (free.length === 0)
      return noteWait(store, backfill, 'active runs of the job include the next windows');
    const { runs, obstacle } = await startRuns.startWindows(store, {
      job,
      profile: backfill.profile,
      membershipId: backfill.createdBy,
      now: await clock(store),
      windows: free.map((window) => ({
        backfillId: backfill.id,
        number: window.number,
        round: window.round,
        interval: toWindow(window),
        priority: backfill.priority,
      })),
    });
    for (const [index, run] of runs.entries()) {
      const window = free[index];
      if (window) await store.backfillWindows.setRunning(window, run.id);
    }
    if (runs.length === 0) return noteWait(store, backfill, obstacle ?? 'no window could start');
    await noteWait(store, backfill, null);
    return 'moved';
  }

  return {
    advance,
    /** Lists the ids of backfills with something to do. */
    listLive: () => persistence.store.backfills.listLive(),
  };
}

/** Inserts the next windows of a backfill. One portion holds the lock of the job for some tens of milliseconds. */
async function prepare(
  store: Pick<Store, 'backfills' | 'backfillWindows'>,
  backfill: BackfillRecord,
): Promise<AdvanceOutcome> {
  const inserted = await store.backfillWindows.insertPortion(backfill);
  const preparedCount = (backfill.preparedCount ?? 0) + inserted;
  const isDone = inserted === 0 || preparedCount >= backfill.windowCount;
  await store.backfills.update(
    backfill.id,
    isDone
      ? { status: 'running', preparedCount: null, waitReason: null }
      : { preparedCount, waitReason: describePreparation({ ...backfill, preparedCount }) },
  );
  return 'moved';
}

async function noteTurns(
  store: Pick<Store, 'backfills'>,
  backfill: BackfillRecord,
  turnsOn: string | null,
): Promise<BackfillRecord> {
  return backfill.turnsOn === turnsOn ? backfill : store.backfills.update(backfill.id, { turnsOn });
}

async function decide(
  store: Pick<Store, 'backfillWindows' | 'jobRuns'>,
  { backfill, job, active }: { backfill: BackfillRecord; job: JobRecord; active: readonly ActiveRun[] },
): Promise<Step> {
  const counts = await store.backfillWindows.countForStep(backfill.id, maxStarted + 1);
  const { activeCounts, backfillCounts } = await store.jobRuns.countActive([job.id]);
  return decideStep({
    ...counts,
    state: backfill.status,
    newFailures: counts.failed - backfill.ignoredFailures,
    maxFailures: backfill.maxFailures,
    parallel: backfill.parallel,
    turnsOn: backfill.turnsOn,
    jobLimit: getConcurrencyLimit(job.definition),
    activeRuns: activeCounts.get(job.id) ?? 0,
    activeWindows: backfillCounts.get(job.id) ?? 0,
    queuedRuns: active.filter(({ isQueued }) => isQueued).length,
    isArchived: job.isArchived,
    hasOtherClock: readJobClock(job.definition)?.key !== backfill.clock,
    refreshesAlways: job.definition.refresh_propagation === 'always',
    isRefreshing: job.refreshPending || active.some(({ refresh }) => refresh),
  });
}

/** Lists the numbers of windows that runs have completed since, so that the mode does not select them any more. */
async function listDone(
  store: Pick<Store, 'jobCoverage'>,
  { jobId, mode }: BackfillRecord,
  windows: readonly BackfillWindowRecord[],
): Promise<number[]> {
  // With `all`, only a run since the creation matters: the database trigger marks what such a run covers.
  if (mode === 'all' || windows.length === 0) return [];
  const times = windows.flatMap(({ startsAt, endsAt }) => [startsAt.getTime(), endsAt.getTime()]);
  const within = { start: new Date(Math.min(...times)), end: new Date(Math.max(...times)) };
  const found = await store.jobCoverage.readDone(jobId, within);
  if (!found) return [];
  const completed = toIntervals(found.completed);
  const failed = toIntervals(found.failed);
  const done = windows.filter((window) => covers(completed, toWindow(window)));
  const states = deriveWindowStates(done.map(toWindow), { completed, failed, invalidated: [], active: [] });
  return done.flatMap(({ number }, index) => {
    const state = states[index];
    return state && !isSelected(state, mode) ? [number] : [];
  });
}

async function noteWait(
  store: Pick<Store, 'backfills'>,
  backfill: BackfillRecord,
  waitReason: string | null,
): Promise<'waits'> {
  if (backfill.waitReason !== waitReason) await store.backfills.update(backfill.id, { waitReason });
  return 'waits';
}

const toWindow = ({ startsAt, endsAt }: BackfillWindowRecord): RunInterval => ({
  start: startsAt,
  end: endsAt,
});

function toInterval({ start, end }: ActiveRun): RunInterval[] {
  return start && end && end > start ? [{ start, end }] : [];
}
