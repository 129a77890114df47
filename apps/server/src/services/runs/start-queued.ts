import type { Clock } from '../scheduling/clock.ts';
import type { JobRecord, JobRunRecord } from '../../store/records.ts';
import type { SkipStatus, StartDecision, StartInput } from '../../domain/runs/start-decision.ts';
import type { StartFacts } from './start-facts.ts';
import type { Store } from '../../store/store.ts';
import { applyRefresh, describeWait } from './start-batch.ts';
import { decideStart } from '../../domain/runs/start-decision.ts';
import { describeJob, loadStartFacts } from './start-facts.ts';

/** What became of the runs of a job that wait for room. */
export interface QueueOutcome {
  started: JobRunRecord | null;
  /** Runs for which there is nothing to do any more, with the reasons; the caller ends them. */
  obsolete: { run: JobRunRecord; reasons: string[] }[];
  /** What has no room for the rest. */
  full: 'job' | 'organization' | null;
}

/**
 * Lets the first run go that waits for room in a job, in the caller's transaction. It takes the locks, counts again and decides again, on
 * the job as it is now: its interval begins where completed runs have come to meanwhile. A pause does not matter: the run was
 * asked for before. One whose upstreams have become stale stays, and lets those behind it pass.
 */
export async function startQueued(store: Store, jobId: string, clock: Clock): Promise<QueueOutcome> {
  const outcome: QueueOutcome = { started: null, obsolete: [], full: null };
  const seen = await store.runQueue.list([jobId]);
  const [asked] = await store.jobs.getMany([jobId]);
  if (!asked || seen.length === 0) return outcome;
  const refresh = seen.some((run) => run.refresh);
  const candidate = { job: asked, trigger: '', matchedTriggers: [] };
  const facts = await loadStartFacts(store, asked.workspaceId, [candidate], { refresh, isLocked: false });
  const job = facts.jobs.get(jobId) ?? asked;
  const now = await clock(store);
  const known = new Set(seen.map((run) => run.id));
  const queue = facts.queues.get(jobId) ?? [];
  for (const [index, run] of queue.entries()) {
    // It came since, and may want locks that were not taken.
    if (!known.has(run.id)) return outcome;
    const decision = decideAgain(facts, job, run, now);
    if (decision.outcome === 'start') {
      await letGo(store, facts, { job, run, decision, now });
      const next = queue[index + 1];
      if (next) await noteTurn(store, decideAgain(facts, job, next, now), next);
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

/** Writes down what a run waits for whose turn it is. */
async function noteTurn(store: Store, decision: StartDecision, run: JobRunRecord): Promise<void> {
  if (decision.outcome === 'start') return;
  const reasons = decision.outcome === 'queue' ? [decision.reason] : decision.reasons;
  await store.runQueue.setWaitReason(run.id, describeWait(reasons), { isTold: false });
}

function decideAgain(facts: StartFacts, job: JobRecord, run: JobRunRecord, now: Date): StartDecision {
  return decideStart(describeQueued(facts, job, run, now));
}

/** What the decision on a run that waits for room reads. */
export function describeQueued(facts: StartFacts, job: JobRecord, run: JobRunRecord, now: Date): StartInput {
  return {
    ...describeJob(facts, job),
    // Of the origins, the one that nothing holds off.
    origin: 'request',
    trigger: run.trigger,
    now,
    pendingUpstreams: [],
    // Those before it have been passed over, and those behind it are no concern of its.
    queue: { isOpen: true, length: 0, sameTriggerNumber: null },
    isMissed: false,
    isPaused: false,
    skipFreshness: run.skipFreshness,
    refresh: run.refresh || job.refreshPending,
  };
}

async function letGo(
  store: Store,
  facts: StartFacts,
  going: { job: JobRecord; run: JobRunRecord; decision: StartDecision & { outcome: 'start' }; now: Date },
): Promise<void> {
  const { job, run, decision, now } = going;
  if (decision.refresh) await applyRefresh({ store, facts, options: { now, dryRun: false } }, job);
  await store.runQueue.release(run.id, {
    refresh: decision.refresh,
    intervalStart: decision.interval.start,
    intervalEnd: decision.interval.end,
    // A run before it may have been the first to leave local data.
    sharesLocalData:
      run.sharesLocalData ||
      (job.jobType === 'batch' && (await store.workspaces.hasLocalData(job.workspaceId, run.profile))),
  });
  await store.outbox.wake();
  facts.countStart(job.id);
}

/** Whether waiting helps: else its time is covered or over, or the job is out of service. */
function mayPass(status: SkipStatus): boolean {
  return status === 'skipped_fresh' || status === 'skipped_minutes_limit';
}
