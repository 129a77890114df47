import type { RunStartStores } from './run-stores.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { JobRecord, JobRunRecord } from '../../store/records.ts';
import type { SkipStatus, StartDecision, StartInput } from '../../domain/runs/start-decision.ts';
import type { StartContext } from './start-context.ts';
import type { Store } from '../../store/store.ts';
import { applyRefresh, describeWait } from './start-batch.ts';
import { decideStart } from '../../domain/runs/start-decision.ts';
import { describeJob, loadStartContext } from './start-context.ts';

/** The outcome for the queued runs of a job. */
export interface QueueOutcome {
  started: JobRunRecord | null;
  /** Runs that have become unnecessary, with the reasons; the caller ends them. */
  obsolete: { run: JobRunRecord; reasons: string[] }[];
  /** What lacks capacity for the rest. */
  full: 'job' | 'organization' | null;
}

/**
 * Starts the first queued run of a job that can start, in the caller's transaction. Takes the locks, then
 * counts and decides again with the current job: its interval begins at what runs completed meanwhile. A
 * pause does not matter, because the run was requested before. A run whose upstreams have become stale stays
 * queued and lets later ones pass.
 */
export async function startQueued(
  store: Pick<Store, RunStartStores>,
  jobId: string,
  clock: Clock,
): Promise<QueueOutcome> {
  const outcome: QueueOutcome = { started: null, obsolete: [], full: null };
  const seen = await store.runQueue.list([jobId]);
  const [asked] = await store.jobs.getMany([jobId]);
  if (!asked || seen.length === 0) return outcome;
  const refresh = seen.some((run) => run.refresh);
  const candidate = { job: asked, trigger: '', matchedTriggers: [] };
  const context = await loadStartContext(store, asked.workspaceId, [candidate], { refresh, isLocked: false });
  const job = context.jobs.get(jobId) ?? asked;
  const now = await clock(store);
  const known = new Set(seen.map((run) => run.id));
  const queue = context.queues.get(jobId) ?? [];
  for (const [index, run] of queue.entries()) {
    // Queued since; it may need locks that were not taken.
    if (!known.has(run.id)) return outcome;
    const decision = decideAgain(context, job, run, now);
    if (decision.outcome === 'start') {
      await letGo(store, context, { job, run, decision, now });
      const next = queue[index + 1];
      if (next) await noteTurn(store, decideAgain(context, job, next, now), next);
      return { ...outcome, started: run };
    }
    if (decision.outcome === 'refuse' || (decision.outcome === 'skip' && !mayPass(decision.status))) {
      outcome.obsolete.push({ run, reasons: decision.reasons });
      continue;
    }
    await noteTurn(store, decision, run);
    if (decision.outcome === 'queue') return { ...outcome, full: decision.waitsFor };
    if (decision.status === 'skipped_minutes_limit') return { ...outcome, full: 'organization' };
  }
  return outcome;
}

/** Records what the next queued run waits for. */
async function noteTurn(
  store: Pick<Store, 'runQueue'>,
  decision: StartDecision,
  run: JobRunRecord,
): Promise<void> {
  if (decision.outcome === 'start') return;
  const reasons = decision.outcome === 'queue' ? [decision.reason] : decision.reasons;
  await store.runQueue.setWaitReason(run.id, describeWait(reasons), { isReported: false });
}

function decideAgain(context: StartContext, job: JobRecord, run: JobRunRecord, now: Date): StartDecision {
  return decideStart(describeQueued(context, job, run, now));
}

/** Assembles the input for the decision on a queued run. */
export function describeQueued(
  context: StartContext,
  job: JobRecord,
  run: JobRunRecord,
  now: Date,
): StartInput {
  return {
    ...describeJob(context, job),
    // The origin that nothing stops.
    origin: 'request',
    trigger: run.trigger,
    now,
    pendingUpstreams: [],
    // Earlier runs were passed over, and later ones do not matter.
    queue: { isOpen: true, length: 0, sameTriggerNumber: null },
    isMissed: false,
    isPaused: false,
    skipFreshness: run.skipFreshness,
    refresh: run.refresh || job.refreshPending,
    asksNoSource: run.finishesPending !== null,
  };
}

async function letGo(
  store: Pick<
    Store,
    'jobRuns' | 'jobs' | 'outbox' | 'deferredStarts' | 'runQueue' | 'schedules' | 'workspaces'
  >,
  context: StartContext,
  going: { job: JobRecord; run: JobRunRecord; decision: StartDecision & { outcome: 'start' }; now: Date },
): Promise<void> {
  const { job, run, decision, now } = going;
  if (decision.refresh) await applyRefresh({ store, context, options: { now, dryRun: false } }, job);
  await store.runQueue.release(run.id, {
    refresh: decision.refresh,
    intervalStart: decision.interval.start,
    intervalEnd: decision.interval.end,
  });
  await store.outbox.wake();
  context.countStart(job.id);
}

/** Reports whether waiting helps; otherwise its time is covered or over, or the job is archived. */
function mayPass(status: SkipStatus): boolean {
  return status === 'skipped_fresh' || status === 'skipped_minutes_limit';
}
