import type { StartContextStores } from './run-stores.ts';
import type { Candidate, TriggerResult, BatchOptions } from './start-request.ts';
import type { JobRecord, JobRunRecord, NewJobRun, RunSkip } from '../../store/records.ts';
import type { StartDecision, StartInput } from '../../domain/runs/start-decision.ts';
import type { StartContext } from './start-context.ts';
import type { Store } from '../../store/store.ts';
import { arrangeSchedules } from '../scheduling/arrange-schedules.ts';
import { decideStart } from '../../domain/runs/start-decision.ts';
import { findRefusal } from './start-refusals.ts';
import { listPendingUpstreams, orderBatch } from '../../domain/runs/batch-order.ts';
import { blocksRefresh, listRefreshCascade } from '../../domain/scheduling/refresh.ts';
import { includesUnlockedDatabase } from '../../domain/environments/requirements.ts';
import { isEmptyInterval } from '../../domain/scheduling/run-interval.ts';
import { describeJob, loadStartContext } from './start-context.ts';
import { manifestBuildJobRef } from '../../domain/jobs/manifest-build.ts';
import { isTimedTrigger, readTriggerType } from '../../domain/jobs/trigger.ts';

interface Batch {
  store: Pick<Store, 'jobRuns' | 'jobs' | 'outbox' | 'deferredStarts' | 'schedules'>;
  context: StartContext;
  options: BatchOptions;
  /** Jobs of the batch that were started, or that wait for one that was. */
  pendingRefs: Set<string>;
  result: TriggerResult;
}

/**
 * Decides on jobs of one workspace in the caller's transaction, upstreams first, and writes the results: the
 * runs, the refreshes, the deferred starts, and a row for each skipped start by the clock or an event. Locks
 * the jobs in id order.
 */
export async function decideBatch(
  store: Pick<Store, StartContextStores | 'deferredStarts' | 'outbox' | 'schedules'>,
  workspaceId: string,
  candidates: readonly Candidate[],
  options: BatchOptions,
): Promise<TriggerResult> {
  if (candidates.length === 0) return { succeeded: [], skipped: [], failed: [] };
  const context = await loadStartContext(store, workspaceId, candidates, options);
  return decideInContext(store, context, candidates, options);
}

/** Like `decideBatch`, with input that the caller has loaded, under locks, for several batches. */
export async function decideInContext(
  store: Batch['store'],
  context: StartContext,
  candidates: readonly Candidate[],
  options: BatchOptions,
): Promise<TriggerResult> {
  const result: TriggerResult = { succeeded: [], skipped: [], failed: [] };
  const batch: Batch = { store, context, options, pendingRefs: new Set(), result };
  const byRef = new Map(candidates.map((candidate) => [candidate.job.jobRef, candidate]));
  for (const { job_ref: ref } of orderBatch(candidates.map(({ job }) => job.definition))) {
    const candidate = byRef.get(ref);
    if (candidate) await decideOne(batch, candidate);
  }
  return result;
}

async function decideOne(batch: Batch, asked: Candidate): Promise<void> {
  const { context, options, pendingRefs, result } = batch;
  const job = context.jobs.get(asked.job.id) ?? asked.job;
  const candidate = { ...asked, job };
  const refusal = findRefusal(context, job, options.profile);
  if (refusal) {
    result.failed.push({ ref: job.jobRef, ...refusal });
    return;
  }
  const decision = decideStart({
    ...describeStart(context, job, candidate.trigger, options),
    pendingUpstreams: listPendingUpstreams(job.definition, pendingRefs),
  });
  if (decision.outcome === 'refuse') {
    result.failed.push({ ref: job.jobRef, code: 'job_archived', detail: decision.reasons.join('; ') });
  } else if (decision.outcome === 'skip') await decline(batch, candidate, decision);
  else await begin(batch, candidate, decision);
}

/** Assembles the input for the decision on a new start. */
export function describeStart(
  context: StartContext,
  job: JobRecord,
  trigger: string,
  options: Pick<BatchOptions, 'origin' | 'now' | 'isMissed' | 'profile' | 'skipFreshness' | 'refresh'> &
    Partial<Pick<BatchOptions, 'replacesActive' | 'window' | 'asksNoSource'>>,
): Omit<StartInput, 'pendingUpstreams'> {
  const settings = context.settingsOf(job, options.profile);
  const queue = context.queues.get(job.id) ?? [];
  return {
    ...describeJob(context, job),
    ...(options.replacesActive && { activeRunCount: 0 }),
    origin: options.origin,
    trigger,
    now: options.now,
    isMissed: options.isMissed && settings.catchUp === 'skip',
    window: options.window?.interval ?? null,
    queue: {
      // A backfill must not cost the schedule a run: at the limit because of its windows, starts wait.
      isOpen: options.window == null && (settings.onLimit === 'queue' || context.backfillCountOf(job.id) > 0),
      length: queue.length,
      sameTriggerNumber: findSameTimed(queue, trigger)?.number ?? null,
    },
    skipFreshness: options.skipFreshness,
    refresh: options.refresh || job.refreshPending,
    asksNoSource: options.asksNoSource ?? false,
  };
}

function findSameTimed(queue: readonly JobRunRecord[], trigger: string): JobRunRecord | undefined {
  return isTimedTrigger(trigger) ? queue.find((run) => run.trigger === trigger) : undefined;
}

async function decline(
  batch: Batch,
  candidate: Candidate,
  decision: StartDecision & { outcome: 'skip' },
): Promise<void> {
  const { store, options, pendingRefs, result } = batch;
  const { job, trigger } = candidate;
  result.skipped.push({ ...candidate, run: null, status: decision.status, reasons: decision.reasons });
  const isDeferred = decision.status === 'skipped_upstream_pending';
  if (isDeferred) pendingRefs.add(job.jobRef);
  if (options.dryRun) return;
  if (isDeferred) {
    const { profile, membershipId } = options;
    await store.deferredStarts.set({ jobId: job.id, trigger, profile, membershipId });
    // The deferred start is a later call, which no longer knows what this one asked for.
    if (options.refresh && !blocksRefresh(job.definition)) await leaveRefreshPending(batch, [job.id]);
  }
  // A caller gets the answer directly; skipped starts by the clock, by an event or after a deferral need a
  // row to be found later.
  const isDroppedDeferral = options.origin === 'promise' && decision.status !== 'skipped_fresh';
  if (options.origin === 'tick' || options.origin === 'event' || isDroppedDeferral)
    await noteSkip(batch, candidate, decision.status, decision.reasons);
}

/** Creates the run, which is queued if it has no free slot. */
async function begin(
  batch: Batch,
  candidate: Candidate,
  decision: StartDecision & { outcome: 'start' | 'queue' },
): Promise<void> {
  const { context, options, pendingRefs, result } = batch;
  const isQueued = decision.outcome === 'queue';
  pendingRefs.add(candidate.job.jobRef);
  const run = options.dryRun ? null : await insertRun(batch, candidate, decision);
  // The tick already has a run: another server handled it before the clock was set back. Keep a pending
  // refresh.
  if (run === undefined) return;
  // A queued run refreshes when it starts, so that completions until then are discarded, too.
  if (decision.refresh && !isQueued) await applyRefresh(batch, candidate.job);
  else if (run && !isQueued && !options.asksNoSource) await endBlockedRefresh(batch, candidate.job);
  if (!isQueued) context.countStart(candidate.job.id, options.window !== null);
  const reasons = isQueued ? [...decision.warnings, `waits: ${decision.reason}`] : decision.warnings;
  // An existing run shows its own interval; only a dry run needs the preview.
  const preview = options.dryRun ? describeInterval(decision) : [];
  result.succeeded.push({ ...candidate, run, status: 'triggered', reasons: [...reasons, ...preview] });
}

function describeInterval({ interval, refresh }: StartDecision & { outcome: 'start' | 'queue' }): string[] {
  const mode = refresh ? 'refreshes' : 'covers';
  if (isEmptyInterval(interval)) return [`${mode} no interval: the run is at a point in time`];
  return [`${mode} ${interval.start.toISOString()} to ${interval.end.toISOString()}`];
}

async function insertRun(
  batch: Batch,
  candidate: Candidate,
  decision: StartDecision & { outcome: 'start' | 'queue' },
): Promise<JobRunRecord | undefined> {
  const { store } = batch;
  const isQueued = decision.outcome === 'queue';
  const described = describeRun(batch, candidate);
  const run = await store.jobRuns.insert({
    ...described,
    refresh: decision.refresh,
    intervalStart: decision.interval.start,
    intervalEnd: decision.interval.end,
    sharesLocalData: needsLocalDataLock(batch.context, candidate.job),
    isQueued,
    waitReason: isQueued ? describeWait([decision.reason]) : null,
  });
  const input = batch.options.input ?? writeScheduleInputs(batch, candidate);
  if (run && input !== null) await store.jobRuns.setInput(run.id, input);
  return run;
}

/** Starts by the clock, and windows of a backfill, which replace them, have the inputs of the settings. */
function writeScheduleInputs({ context, options }: Batch, { job, trigger }: Candidate): string | null {
  const isScheduled = options.window !== null || (options.membershipId === null && isTimedTrigger(trigger));
  const { scheduleInputs } = context.settingsOf(job, options.profile);
  return isScheduled && scheduleInputs ? JSON.stringify(scheduleInputs) : null;
}

/** Describes what a run waits for. */
export function describeWait(reasons: readonly string[]): string {
  return `Waiting: ${reasons.join('; ')}.`;
}

/**
 * Reports whether a run has to be the only one that uses the local data. Others wait in their own processes,
 * only while another run has the same database file open (docs/decisions/0061-locks-on-database-files.md). That
 * needs a disk that runs share: with local data as objects each run that may use a database is the only one
 * (docs/decisions/0080-local-data-as-objects.md). The build of a manifest only imports code, in which dlt runs
 * no pipeline: a deploy does not wait for a long load.
 */
function needsLocalDataLock({ deployment, isLocalDataInObjects }: StartContext, job: JobRecord): boolean {
  return (
    job.jobType === 'batch' &&
    job.jobRef !== manifestBuildJobRef &&
    deployment?.hasEmbeddedDatabase === true &&
    (isLocalDataInObjects || includesUnlockedDatabase(deployment.requirements))
  );
}

/**
 * Records a skip. If the last row is a skip by the same trigger for the same reason, its count is increased;
 * otherwise a new row is added.
 */
async function noteSkip(
  batch: Batch,
  candidate: Candidate,
  status: string,
  reasons: string[],
): Promise<void> {
  const { store, options } = batch;
  const at = (options.tickAt ?? options.now).toISOString();
  const last = await store.jobRuns.newestOfJob(candidate.job.id);
  if (last?.skip?.status === status && last.trigger === candidate.trigger) {
    await store.jobRuns.repeatSkip(last.id, {
      ...last.skip,
      reasons,
      count: last.skip.count + 1,
      lastAt: at,
    });
    return;
  }
  const skip: RunSkip = { status, reasons, count: 1, firstAt: at, lastAt: at };
  await store.jobRuns.insertSkipped(describeRun(batch, candidate), skip);
}

/** Builds the row of a run, whether or not it starts. */
function describeRun(
  { context, options }: Pick<Batch, 'context' | 'options'>,
  { job, trigger }: Candidate,
): NewJobRun {
  const { configuration } = context;
  const deployment = options.deployment ?? context.deployment;
  const { priority, startDeadlineSeconds } = context.settingsOf(job, options.profile);
  if (!deployment || !configuration)
    throw new Error('A start was decided on without a deployment and a configuration');
  return {
    workspaceId: job.workspaceId,
    jobId: job.id,
    jobVersionId: job.currentVersionId,
    deploymentId: deployment.id,
    configurationId: configuration.id,
    trigger,
    triggerKind: readTriggerType(trigger) ?? 'manual',
    tickAt: options.tickAt,
    backfillId: options.window?.backfillId ?? null,
    backfillWindow: options.window?.number ?? null,
    backfillRound: options.window?.round ?? null,
    triggeredBy: options.membershipId,
    profile: context.profileOf(job, options.profile),
    refresh: false,
    intervalStart: null,
    intervalEnd: null,
    previousJobRunId: options.previousRun?.id ?? null,
    sharesLocalData: false,
    isApp: job.jobType === 'interactive',
    isInternal: job.jobRef === manifestBuildJobRef,
    isQueued: false,
    waitReason: null,
    priority: options.window?.priority ?? priority,
    skipFreshness: options.skipFreshness,
    startBy:
      startDeadlineSeconds === null ? null : new Date(options.now.getTime() + startDeadlineSeconds * 1000),
  };
}

/**
 * Drops a refresh that a cascade left pending if the job's definition has since blocked refreshes: otherwise
 * no completion of the job would ever count.
 */
async function endBlockedRefresh({ store }: Pick<Batch, 'store'>, job: JobRecord): Promise<void> {
  if (job.refreshPending) await store.jobs.clearRefreshPending(job.id);
}

/**
 * Discards, before the run, the completions of the job and of all jobs that a refresh reaches; later
 * decisions of the batch take it into account.
 */
export async function applyRefresh(
  {
    store,
    context,
    options,
  }: Pick<Batch, 'store' | 'context'> & { options: Pick<BatchOptions, 'dryRun' | 'now'> },
  job: JobRecord,
): Promise<void> {
  const active = (await store.jobs.listAll(job.workspaceId)).filter((other) => !other.isArchived);
  const reached = new Set(
    listRefreshCascade(
      active.map(({ definition }) => definition),
      job.jobRef,
    ),
  );
  const downstream = active.filter((other) => reached.has(other.jobRef)).map((other) => other.id);
  context.forget([job.id, ...downstream]);
  if (options.dryRun) return;
  await store.jobs.forgetCompletion([job.id], { refreshPending: false });
  await store.jobs.clearRefreshPending(job.id);
  if (downstream.length > 0) await store.jobs.forgetCompletion(downstream, { refreshPending: true });
  await reopenIntervals(store, [job.id, ...downstream], options.now);
}

/**
 * Leaves a refresh pending for the next run of each job, and discards the jobs' completions, as a cascade
 * does.
 */
async function leaveRefreshPending(
  { store, context, options }: Pick<Batch, 'store' | 'context' | 'options'>,
  jobIds: readonly string[],
): Promise<void> {
  context.forget(jobIds);
  await store.jobs.forgetCompletion(jobIds, { refreshPending: true });
  await reopenIntervals(store, jobIds, options.now);
}

/** Recomputes the schedules of the jobs: a declared interval that was covered to its end has ticks again. */
async function reopenIntervals(
  store: Pick<Store, 'jobs' | 'outbox' | 'schedules'>,
  jobIds: readonly string[],
  now: Date,
): Promise<void> {
  await arrangeSchedules(store, await store.jobs.getMany(jobIds), now);
}
