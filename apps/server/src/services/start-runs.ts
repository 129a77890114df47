import type { FailedStart } from './start-refusals.ts';
import type { ConfigurationRecord, DeploymentRecord } from '../store/records.ts';
import type { JobDefinition } from '../domain/job-definition.ts';
import type { JobRecord } from '../store/records.ts';
import type { JobRunRecord } from '../store/records.ts';
import type { Persistence, Store } from '../store/store.ts';
import type { StartDecision, StartOrigin } from '../domain/start-decision.ts';
import type { UpstreamFacts } from '../domain/freshness.ts';
import { chooseProfile, getDefaultTrigger } from '../domain/job-definition.ts';
import { listPendingUpstreams, orderBatch } from '../domain/batch-order.ts';
import {
  matchTriggers,
  pickTrigger,
  pickTriggerByRef,
  resolveRequestedTrigger,
} from '../domain/selectors.ts';
import { declined, findRefusal, refuseArchived, refuseWholeCall } from './start-refusals.ts';
import { decideStart } from '../domain/start-decision.ts';
import { isTimedTrigger, readTriggerType } from '../domain/trigger.ts';
import { listRefreshCascade, readUpstreamRef } from '../domain/refresh.ts';
import { ServiceError } from './service-error.ts';

export interface TriggerRequest {
  workspaceId: string;
  membershipId: string;
  jobIds: readonly string[];
  selectors: readonly string[];
  /** Overrides the jobs' own profiles. */
  profile: string | null;
  refresh: boolean;
  dryRun: boolean;
}

export interface StartedJob {
  job: JobRecord;
  trigger: string;
  matchedTriggers: string[];
  /** Null where the start was declined, and in a dry run. */
  run: JobRunRecord | null;
  status: string;
  reasons: string[];
}

export interface TriggerResult {
  succeeded: StartedJob[];
  skipped: StartedJob[];
  failed: FailedStart[];
}

export interface CreateRunRequest {
  workspaceId: string;
  membershipId: string;
  jobId: string;
  trigger: string;
  profile: string | null;
  refresh: boolean;
  skipFreshness: boolean;
  mode: 'always' | 'when_not_running';
}

/** One job to be decided on. */
interface Candidate {
  job: JobRecord;
  trigger: string;
  matchedTriggers: string[];
}

interface BatchOptions {
  origin: StartOrigin;
  membershipId: string | null;
  profile: string | null;
  refresh: boolean;
  skipFreshness: boolean;
  dryRun: boolean;
  previousRun: JobRunRecord | null;
}

export type StartRuns = ReturnType<typeof createStartRuns>;

/**
 * The door through which every run is made. It holds the locks of the jobs it decides on (in id order) and can join its caller's
 * transaction. A start is a row; a declined call is an answer only.
 */
export function createStartRuns(persistence: Persistence, clock: () => Date) {
  async function decideBatch(
    store: Store,
    workspaceId: string,
    candidates: readonly Candidate[],
    options: BatchOptions,
  ): Promise<TriggerResult> {
    const result: TriggerResult = { succeeded: [], skipped: [], failed: [] };
    if (candidates.length === 0) return result;
    const batch = await loadBatch(store, workspaceId, candidates);
    const pendingRefs = new Set<string>();
    const ordered = orderBatch(candidates.map((candidate) => batch.definitionOf(candidate.job)));
    const byRef = new Map(candidates.map((candidate) => [candidate.job.jobRef, candidate]));
    for (const { job_ref: ref } of ordered) {
      const candidate = byRef.get(ref);
      if (!candidate) continue;
      await decideOne(store, batch, candidate, { ...options, pendingRefs }, result);
    }
    return result;
  }

  async function decideOne(
    store: Store,
    batch: Batch,
    candidate: Candidate,
    options: BatchOptions & { pendingRefs: Set<string> },
    result: TriggerResult,
  ): Promise<void> {
    const job = batch.jobs.get(candidate.job.id) ?? candidate.job;
    const definition = batch.definitionOf(job);
    const refusal = findRefusal(batch, job, options.profile);
    if (refusal) {
      result.failed.push({ ref: job.jobRef, ...refusal });
      return;
    }
    const pendingUpstreams = listPendingUpstreams(definition, options.pendingRefs);
    const decision = decideStart({
      definition,
      origin: options.origin,
      trigger: candidate.trigger,
      now: clock(),
      lastCompletedEnd: job.completedIntervalEnd,
      upstreams: listUpstreamFacts(batch, definition),
      pendingUpstreams,
      activeRunCount: batch.activeCounts.get(job.id) ?? 0,
      organization: { activeRunCount: 0, runLimit: null },
      isPaused: job.isPaused,
      isArchived: job.isArchived,
      isWorkspaceArchived: batch.isWorkspaceArchived,
      skipFreshness: options.skipFreshness,
      refresh: options.refresh || job.refreshPending,
    });
    await record(store, batch, { ...candidate, job }, decision, options, result);
  }

  async function record(
    store: Store,
    batch: Batch,
    candidate: Candidate,
    decision: StartDecision,
    options: BatchOptions & { pendingRefs: Set<string> },
    result: TriggerResult,
  ): Promise<void> {
    const { job } = candidate;
    if (decision.outcome === 'refuse') {
      result.failed.push({ ref: job.jobRef, code: 'job_archived', detail: decision.reasons.join('; ') });
      return;
    }
    if (decision.outcome === 'skip') {
      if (decision.status === 'skipped_upstream_pending') options.pendingRefs.add(job.jobRef);
      result.skipped.push({ ...candidate, run: null, status: decision.status, reasons: decision.reasons });
      return;
    }
    options.pendingRefs.add(job.jobRef);
    if (decision.refresh) await applyRefresh(store, batch, job, options.dryRun);
    const run = options.dryRun ? null : await insertRun(store, batch, candidate, decision, options);
    result.succeeded.push({ ...candidate, run, status: 'triggered', reasons: decision.warnings });
  }

  async function insertRun(
    store: Store,
    batch: Batch,
    candidate: Candidate,
    decision: StartDecision & { outcome: 'start' },
    options: BatchOptions,
  ): Promise<JobRunRecord> {
    const { job, trigger } = candidate;
    const { deployment, configuration } = batch;
    if (!deployment || !configuration)
      throw new Error('A start was decided without a deployment and a configuration');
    const profile = profileOf(batch, job, options.profile);
    const isBatch = job.jobType === 'batch';
    const run = await store.jobRuns.insert({
      workspaceId: job.workspaceId,
      jobId: job.id,
      jobVersionId: job.currentVersionId,
      deploymentId: deployment.id,
      configurationId: configuration.id,
      number: await store.jobs.takeRunNumber(job.id),
      trigger,
      triggerKind: readTriggerType(trigger) ?? 'manual',
      tickAt: null,
      triggeredBy: options.membershipId,
      profile,
      refresh: decision.refresh,
      intervalStart: decision.interval.start,
      intervalEnd: decision.interval.end,
      previousJobRunId: options.previousRun?.id ?? null,
      sharesLocalData:
        isBatch &&
        (deployment.hasEmbeddedDatabase || (await store.workspaces.hasLocalData(job.workspaceId, profile))),
    });
    await store.outbox.add({ kind: 'job_run.created', payload: { jobRunId: run.id } });
    return run;
  }

  /** Forgets, before the run, what the job and all that a refresh reaches have completed; the decisions that follow see it too. */
  async function applyRefresh(store: Store, batch: Batch, job: JobRecord, isDryRun: boolean): Promise<void> {
    const active = batch.all.filter((other) => !other.isArchived);
    const definitions = active.map((other) => batch.definitionOf(other));
    const reached = new Set(listRefreshCascade(definitions, job.jobRef));
    batch.all = batch.all.map((other) =>
      other.id === job.id || reached.has(other.jobRef)
        ? { ...other, completedIntervalEnd: null, lastCompletedAt: null }
        : other,
    );
    if (isDryRun) return;
    const downstream = active.filter((other) => reached.has(other.jobRef)).map((other) => other.id);
    await store.jobs.forgetCompletion([job.id], { refreshPending: false });
    if (downstream.length > 0) await store.jobs.forgetCompletion(downstream, { refreshPending: true });
    await store.jobs.clearRefreshPending(job.id);
  }

  return {
    /**
     * `-trigger`: jobs by id and by selector, in dependency order. An unknown selector matches nothing, which is no error.
     * @throws ServiceError invalid_profile, no_deployment, no_configuration: no job of the call could start
     */
    async trigger(request: TriggerRequest): Promise<TriggerResult> {
      return persistence.transaction(async (store) => {
        const jobs = await store.jobs.listAll(request.workspaceId);
        const { candidates, unknown } = pickCandidates(jobs, request);
        const result = await decideBatch(store, request.workspaceId, candidates, {
          origin: 'request',
          membershipId: request.membershipId,
          profile: request.profile,
          refresh: request.refresh,
          skipFreshness: false,
          dryRun: request.dryRun,
          previousRun: null,
        });
        refuseWholeCall(result.failed);
        return { ...result, failed: [...unknown, ...result.failed] };
      });
    },

    /**
     * One run of one job. @throws ServiceError not_found, invalid_trigger, and with the reasons in `extra`: start_declined, job_archived,
     * workspace_archived, invalid_profile, no_deployment, no_configuration
     */
    async createRun(request: CreateRunRequest): Promise<{ run: JobRunRecord; created: boolean }> {
      return persistence.transaction(async (store) => {
        const [job] = await store.jobs.lock([request.jobId]);
        if (job?.workspaceId !== request.workspaceId)
          throw new ServiceError('not_found', `There is no job ${request.jobId}.`);
        await refuseArchived(store, job);
        if (request.mode === 'when_not_running') {
          const active = await store.jobRuns.findActive(job.id);
          if (active) return { run: active, created: false };
        }
        const trigger = resolveRequestedTrigger(job.definition as JobDefinition, request.trigger);
        if (!trigger) {
          throw new ServiceError(
            'invalid_trigger',
            `The job ${job.jobRef} has no trigger "${request.trigger}".`,
            job.triggers,
          );
        }
        const candidate = { job, trigger, matchedTriggers: [trigger] };
        const result = await decideBatch(store, request.workspaceId, [candidate], {
          origin: 'request',
          membershipId: request.membershipId,
          profile: request.profile,
          refresh: request.refresh,
          skipFreshness: request.skipFreshness,
          dryRun: false,
          previousRun: null,
        });
        const run = result.succeeded[0]?.run;
        if (run) return { run, created: true };
        throw declined(result);
      });
    },

    /** Starts, in the transaction that ends a run, the jobs that wait for its event (`job.success:<ref>`, `job.fail:<ref>`). */
    async startFollowers(
      store: Store,
      follow: { event: string; previousRun: JobRunRecord },
    ): Promise<TriggerResult> {
      const { workspaceId } = follow.previousRun;
      const followers = await store.jobs.listTriggeredBy(workspaceId, follow.event);
      const candidates = followers.map((job) => ({
        job,
        trigger: follow.event,
        matchedTriggers: [follow.event],
      }));
      return decideBatch(store, workspaceId, candidates, {
        origin: 'event',
        membershipId: null,
        profile: null,
        refresh: false,
        skipFreshness: false,
        dryRun: false,
        previousRun: follow.previousRun,
      });
    },
  };
}

/** All that decisions on a batch of jobs read, loaded once. */
interface Batch {
  jobs: Map<string, JobRecord>;
  all: JobRecord[];
  deployment: DeploymentRecord | undefined;
  configuration: ConfigurationRecord | undefined;
  activeCounts: Map<string, number>;
  isWorkspaceArchived: boolean;
  definitionOf(job: JobRecord): JobDefinition;
}

async function loadBatch(
  store: Store,
  workspaceId: string,
  candidates: readonly Candidate[],
): Promise<Batch> {
  const ids = candidates.map((candidate) => candidate.job.id);
  const locked = await store.jobs.lock(ids);
  const workspace = await store.workspaces.get(workspaceId);
  return {
    jobs: new Map(locked.map((job) => [job.id, job])),
    all: await store.jobs.listAll(workspaceId),
    deployment: await store.deployments.holdLatest(workspaceId),
    configuration: await store.configurations.holdLatest(workspaceId),
    activeCounts: await store.jobRuns.countActive(ids),
    isWorkspaceArchived: Boolean(workspace?.archivedAt),
    definitionOf: (job) => job.definition as JobDefinition,
  };
}

function profileOf(batch: Batch, job: JobRecord, override: string | null): string {
  const choice = chooseProfile(batch.definitionOf(job), override, batch.configuration?.profiles ?? []);
  if (!choice.ok) throw new ServiceError('invalid_profile', choice.reason);
  return choice.profile;
}

function listUpstreamFacts(batch: Batch, definition: JobDefinition): UpstreamFacts[] {
  return (definition.freshness ?? []).map((constraint) => {
    const ref = readUpstreamRef(constraint);
    const upstream = batch.all.find((job) => job.jobRef === ref && !job.isArchived);
    return {
      constraint,
      definition: upstream ? batch.definitionOf(upstream) : null,
      lastCompletedEnd: upstream ? completionOf(batch.definitionOf(upstream), upstream) : null,
    };
  });
}

/** What counts as completed: covered time for a job on a clock, any completed run for the others. */
function completionOf(definition: JobDefinition, job: JobRecord): Date | null {
  const trigger = getDefaultTrigger(definition);
  return trigger && isTimedTrigger(trigger) ? job.completedIntervalEnd : job.lastCompletedAt;
}

function pickCandidates(jobs: readonly JobRecord[], request: TriggerRequest) {
  const named = new Set(request.jobIds);
  const known = new Set(jobs.map((job) => job.id));
  const unknown = request.jobIds
    .filter((id) => !known.has(id))
    .map((id): FailedStart => ({
      ref: id,
      code: 'not_found',
      detail: 'There is no job with this id in the workspace.',
    }));
  const candidates: Candidate[] = [];
  for (const job of jobs) {
    const definition = job.definition as JobDefinition;
    const matched = job.isArchived ? [] : matchTriggers(definition, request.selectors);
    if (named.has(job.id)) {
      const own = pickTriggerByRef(definition);
      const matchedTriggers = [...new Set([own, ...matched])];
      candidates.push({ job, trigger: pickTrigger(definition, matchedTriggers) ?? own, matchedTriggers });
    } else {
      const trigger = pickTrigger(definition, matched);
      if (trigger) candidates.push({ job, trigger, matchedTriggers: matched });
    }
  }
  return { candidates, unknown };
}
