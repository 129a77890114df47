import type { RunStartStores } from './run-stores.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { DueTick, JobRecord, ScheduleRecord } from '../../store/records.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { TickDecision } from '../../domain/scheduling/tick-decision.ts';
import type { TriggerResult } from './start-request.ts';
import { decideInContext } from './start-batch.ts';
import { decideTick, findTickAfter } from '../../domain/scheduling/tick-decision.ts';
import { loadStartContext, lockForStart, refreshesOthers } from './start-context.ts';
import { plainStart } from './start-request.ts';

/** A tick by its job and trigger. */
export type TickName = Pick<DueTick, 'jobId' | 'trigger'>;

/** A due tick whose job the transaction has locked. */
interface HeldTick extends TickDecision {
  name: TickName;
  job: JobRecord;
  nextTickAt: Date | null;
}

type TickResults = ReadonlyMap<TickName, TriggerResult>;

/** Creates the functions that start runs for the clock. */
export function createTickStarts(
  persistence: Persistence<RunStartStores>,
  clock: Clock,
  faultPoints: FaultPoints,
) {
  /** The caller holds the locks of the jobs, and of all jobs of the workspace if a start refreshes them. */
  async function decideHeld(
    store: Pick<Store, RunStartStores>,
    jobs: readonly JobRecord[],
    names: readonly TickName[],
  ): Promise<TickResults> {
    const results = new Map<TickName, TriggerResult>();
    const [first] = jobs;
    if (!first) return results;
    const schedules = await store.schedules.ofJobs(jobs.map(({ id }) => id));
    const now = await clock(store);
    const held = names.flatMap((name) => holdTick(name, { jobs, schedules, now }) ?? []);
    if (held.length === 0) return results;
    await store.schedules.advance(
      held.map(({ name, tickAt, nextTickAt }) => ({ ...name, previousTickAt: tickAt, nextTickAt })),
    );
    const candidates = held.map(({ job, name: { trigger } }) => ({
      job,
      trigger,
      matchedTriggers: [trigger],
    }));
    const context = await loadStartContext(store, first.workspaceId, candidates, {
      refresh: false,
      isLocked: true,
    });
    // Each tick is a decision of its own: a downstream job does not wait for an upstream of the same moment.
    for (const [index, { name, tickAt, isMissed }] of held.entries()) {
      const options = { ...plainStart, origin: 'tick', now, tickAt, isMissed, isLocked: true } as const;
      results.set(name, await decideInContext(store, context, candidates.slice(index, index + 1), options));
    }
    await faultPoints.reach('in-tick-before-commit');
    return results;
  }

  /** A refresh changes other jobs, so all locks are taken again, in order. */
  function decideUnderAllLocks({ workspaceId, id }: JobRecord, name: TickName): Promise<TickResults> {
    return persistence.transaction(async (store) => {
      const jobs = await lockForStart(store, workspaceId, [id], true);
      return decideHeld(store, jobs, [name]);
    });
  }

  /**
   * Starts due ticks of one workspace, of each job one at most, and each tick once however many servers see it.
   * One transaction for many ticks costs a fraction of one for each: at midnight all jobs are due at once.
   * @returns for each tick its result, or undefined if there is nothing to decide: another server did, or holds
   * the job's lock
   */
  async function startTicks(names: readonly TickName[]): Promise<(TriggerResult | undefined)[]> {
    const { results, refreshing } = await persistence.transaction(async (store) => {
      const locked = await store.jobs.tryLock(names.map(({ jobId }) => jobId));
      const jobs = locked.length === 0 ? [] : await store.jobs.getMany(locked);
      const plain = jobs.filter((job) => !refreshesOthers(job));
      return {
        results: await decideHeld(store, plain, names),
        refreshing: jobs.filter(refreshesOthers),
      };
    });
    const all = new Map(results);
    for (const job of refreshing) {
      const name = names.find(({ jobId }) => jobId === job.id);
      if (name) for (const [tick, result] of await decideUnderAllLocks(job, name)) all.set(tick, result);
    }
    if (all.size > 0) await faultPoints.reach('after-tick-commit');
    return names.map((name) => all.get(name));
  }

  return {
    startTicks,
    /** Starts one tick, like `startTicks`. */
    startTick: async (name: TickName): Promise<TriggerResult | undefined> => (await startTicks([name]))[0],
  };
}

/** @returns null if the tick is not due any more */
function holdTick(
  name: TickName,
  seen: { jobs: readonly JobRecord[]; schedules: readonly ScheduleRecord[]; now: Date },
): HeldTick | null {
  const { jobId, trigger } = name;
  const { now } = seen;
  const job = seen.jobs.find(({ id }) => id === jobId);
  const schedule = seen.schedules.find((one) => one.jobId === jobId && one.trigger === trigger);
  if (!job || !schedule?.nextTickAt || schedule.nextTickAt > now) return null;
  const decision = decideTick(job.definition, { trigger, nextTickAt: schedule.nextTickAt }, now);
  const nextTickAt = findTickAfter(job.definition, trigger, {
    tickAt: decision.tickAt,
    now,
    lastCompletedEnd: job.completedIntervalEnd,
  });
  return { name, job, nextTickAt, ...decision };
}
