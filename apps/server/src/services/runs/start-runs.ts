import type { RunStartStores } from './run-stores.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { BatchOptions, StartedJob, TriggerResult } from './start-request.ts';
import type { DeploymentRecord, JobRecord, JobRunRecord } from '../../store/records.ts';
import { checkNoInputs, type CheckInputs } from '../inputs/check-inputs.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { arrangeSchedules } from '../scheduling/arrange-schedules.ts';
import { createTickStarts } from './start-ticks.ts';
import { decideBatch } from './start-batch.ts';
import { plainStart } from './start-request.ts';
import { declined, refuseArchived, refuseWholeCall } from './start-refusals.ts';
import { startWindows } from './start-windows.ts';
import { manifestBuildJobRef } from '../../domain/jobs/manifest-build.ts';
import { pickAllowed, viewersProfile } from './viewers-starts.ts';
import { findTimedTrigger } from '../../domain/jobs/job-definition.ts';
import { noFaultPoints } from '../../platform/fault-points.ts';
import { pickCandidates } from './pick-candidates.ts';
import { pickTriggerByRef, resolveRequestedTrigger } from '../../domain/jobs/selectors.ts';
import { lockForStart, refreshesOthers } from './start-context.ts';
import { recordStarts } from './record-starts.ts';
import { ServiceError } from '../../platform/service-error.ts';

export type { StartedJob, TriggerResult } from './start-request.ts';

export interface TriggerRequest {
  workspaceId: string;
  membershipId: string;
  jobIds: readonly string[];
  selectors: readonly string[];
  /** Overrides the jobs' own profiles. */
  profile: string | null;
  refresh: boolean;
  dryRun: boolean;
  skipFreshness?: boolean;
  /** A JSON text for the runs; null (default) for none. */
  input?: string | null;
  /** Requested by a viewer, who may only start jobs that run under the profile `access`. */
  isByViewer?: boolean;
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
  /** As in TriggerRequest. */
  isByViewer?: boolean;
}

interface CreatedRun {
  run: JobRunRecord;
  created: boolean;
}

export type StartRuns = ReturnType<typeof createStartRuns>;

/**
 * Creates the only functions that create runs. They hold the locks of the jobs they decide on (in id order)
 * and can join the caller's transaction. A start is stored as a row, and so is a skipped start by a tick or
 * an event; a skipped call only gets a response.
 */
export function createStartRuns(
  persistence: Persistence<RunStartStores | 'apps' | 'auditLog' | 'pendingPackages'>,
  clock: Clock,
  faultPoints: FaultPoints = noFaultPoints,
  checkInputs: CheckInputs = checkNoInputs,
) {
  /**
   * @param reachesOthers locks all jobs of the workspace
   * @returns null if the job refreshes others: locks are taken in order, so all must be locked instead of one
   */
  async function createUnderLocks(
    request: CreateRunRequest,
    reachesOthers: boolean,
  ): Promise<CreatedRun | null> {
    return persistence.transaction(async (store) => {
      const [job] = await lockForStart(store, request.workspaceId, [request.jobId], reachesOthers);
      if (job?.workspaceId !== request.workspaceId || job.jobRef === manifestBuildJobRef)
        throw new ServiceError('not_found', `There is no job ${request.jobId}.`);
      if (!reachesOthers && refreshesOthers(job)) return null;
      const [seen] = (await pickAllowed(store, [{ job }], request)).forbidden;
      if (seen) throw new ServiceError('forbidden', seen.detail);
      const workspace = await refuseArchived(store, job);
      if (request.mode === 'when_not_running') {
        const active = await store.jobRuns.findActive(job.id);
        if (active) return { run: active, created: false };
      }
      const trigger = resolveRequestedTrigger(job.definition, request.trigger);
      if (!trigger) {
        throw new ServiceError(
          'invalid_trigger',
          `The job ${job.jobRef} has no trigger "${request.trigger}".`,
          job.triggers,
        );
      }
      const candidate = { job, trigger, matchedTriggers: [trigger] };
      const result = await decideBatch(store, request.workspaceId, [candidate], {
        ...plainStart,
        origin: 'request',
        now: await clock(store),
        membershipId: request.membershipId,
        profile: request.isByViewer ? viewersProfile : request.profile,
        refresh: request.refresh,
        skipFreshness: request.skipFreshness,
        isLocked: true,
        ...(workspace && { workspace }),
      });
      const run = result.succeeded[0]?.run;
      if (!run) throw declined(result);
      await recordStarts(store, request.workspaceId, result);
      return { run, created: true };
    });
  }

  /**
   * Starts one run of a job whose row the caller has locked, whatever its upstreams.
   * @throws ServiceError start_declined, no_deployment, no_configuration, invalid_profile
   */
  async function startLocked(
    store: Pick<Store, RunStartStores>,
    job: JobRecord,
    options: Partial<BatchOptions> & Pick<BatchOptions, 'membershipId'>,
  ): Promise<{ run: JobRunRecord; result: TriggerResult }> {
    const trigger = pickTriggerByRef(job.definition);
    const candidate = { job, trigger, matchedTriggers: [trigger] };
    const result = await decideBatch(store, job.workspaceId, [candidate], {
      ...plainStart,
      origin: 'request',
      now: await clock(store),
      skipFreshness: true,
      isLocked: true,
      ...options,
    });
    const run = result.succeeded[0]?.run;
    if (!run) throw declined(result);
    return { run, result };
  }

  async function createAnew(request: CreateRunRequest): Promise<CreatedRun> {
    const created = await createUnderLocks(request, true);
    if (!created) throw new Error(`The job ${request.jobId} was not started under all locks`);
    return created;
  }

  return {
    ...createTickStarts(persistence, clock, faultPoints),

    /**
     * `-trigger`: starts jobs by id and by selector, in dependency order. A selector without a match is not
     * an error.
     * @throws ServiceError invalid_profile, no_deployment, no_configuration: no job of the call could start
     */
    async trigger(request: TriggerRequest): Promise<TriggerResult> {
      const jobs = await persistence.store.jobs.listAll(request.workspaceId);
      const { candidates, unknown } = pickCandidates(jobs, request);
      // Before the transaction: it may read an archive.
      const refused = await checkInputs(
        candidates.map(({ job }) => job),
        request.input ?? null,
      );
      return persistence.transaction(async (store) => {
        const picked = await pickAllowed(store, candidates, request);
        const { forbidden, profile } = picked;
        const allowed = picked.allowed.filter(({ job }) => !refused.has(job.id));
        const unfit = picked.allowed.flatMap(({ job }) => refused.get(job.id) ?? []);
        const result = await decideBatch(store, request.workspaceId, allowed, {
          ...plainStart,
          origin: 'request',
          now: await clock(store),
          membershipId: request.membershipId,
          profile,
          refresh: request.refresh,
          skipFreshness: request.skipFreshness ?? false,
          dryRun: request.dryRun,
          input: request.input ?? null,
        });
        refuseWholeCall(result.failed);
        if (!request.dryRun) await recordStarts(store, request.workspaceId, result);
        return { ...result, failed: [...unknown, ...forbidden, ...unfit, ...result.failed] };
      });
    },

    /**
     * Creates one run of one job.
     * @throws ServiceError not_found, forbidden, invalid_trigger, and with the reasons in `extra`:
     * start_declined, job_archived, workspace_archived, invalid_profile, no_deployment, no_configuration
     */
    async createRun(request: CreateRunRequest): Promise<CreatedRun> {
      const job = await persistence.store.jobs.get(request.workspaceId, request.jobId);
      const refused = job && (await checkInputs([job], null)).get(job.id);
      if (refused) throw declined({ skipped: [], failed: [refused] });
      return (await createUnderLocks(request, request.refresh)) ?? (await createAnew(request));
    },

    /**
     * Starts, in the transaction that ends a run, the jobs that wait for its event (`job.success:<ref>`,
     * `job.fail:<ref>`).
     */
    async startFollowers(
      store: Pick<Store, RunStartStores>,
      follow: { event: string; followers: readonly JobRecord[]; previousRun: JobRunRecord },
    ): Promise<TriggerResult> {
      const { event, followers, previousRun } = follow;
      return decideBatch(
        store,
        previousRun.workspaceId,
        followers.map((job) => ({ job, trigger: event, matchedTriggers: [event] })),
        { ...plainStart, origin: 'event', now: await clock(store), previousRun },
      );
    },

    /**
     * Starts, in the caller's transaction, the jobs that wait for an external event: a webhook, with its
     * input, or a deployment.
     * @param event.jobs jobs with their triggers; the caller has locked them
     */
    async startForEvent(
      store: Pick<Store, RunStartStores>,
      event: {
        workspaceId: string;
        jobs: readonly { job: JobRecord; trigger: string }[];
        input?: string | null;
      },
    ): Promise<TriggerResult> {
      const { workspaceId, jobs, input = null } = event;
      const candidates = jobs.map(({ job, trigger }) => ({ job, trigger, matchedTriggers: [trigger] }));
      const now = await clock(store);
      return decideBatch(store, workspaceId, candidates, { ...plainStart, origin: 'event', now, input });
    },

    /**
     * Starts, in the transaction that completes a run, the jobs that waited for its job to be fresh: deferred
     * starts, and jobs on a clock with uncovered time.
     * @param follow.followed starts by the event of the same run, which fulfil deferred starts with the same
     * profile
     */
    async startDownstreams(
      store: Pick<Store, RunStartStores>,
      follow: {
        downstreams: readonly JobRecord[];
        followed: readonly StartedJob[];
        previousRun: JobRunRecord;
      },
    ): Promise<void> {
      const { downstreams, followed, previousRun } = follow;
      const followedRuns = new Map(followed.map(({ job, run }) => [job.id, run]));
      const deferredStarts = await store.deferredStarts.ofJobs(downstreams.map((job) => job.id));
      const deferredOf = new Map(deferredStarts.map((deferred) => [deferred.jobId, deferred]));
      const now = await clock(store);
      for (const job of downstreams) {
        const deferred = deferredOf.get(job.id);
        const trigger = deferred?.trigger ?? findTimedTrigger(job.definition);
        if (trigger === null) continue;
        const run = followedRuns.get(job.id);
        if (deferred && run && [null, run.profile].includes(deferred.profile)) {
          await store.deferredStarts.remove([job.id]);
          continue;
        }
        const { skipped } = await decideBatch(
          store,
          job.workspaceId,
          [{ job, trigger, matchedTriggers: [trigger] }],
          {
            ...plainStart,
            origin: deferred ? 'promise' : 'freshness',
            now,
            membershipId: deferred?.membershipId ?? null,
            profile: deferred?.profile ?? null,
            previousRun,
          },
        );
        // Keep it only while another upstream is pending; otherwise it would start the job at some later
        // night.
        const isStillPending = skipped.some(({ status }) => status === 'skipped_fresh');
        if (deferred && !isStillPending) await store.deferredStarts.remove([job.id]);
      }
    },

    /**
     * Ensures one process of an app: returns the current or starting one, otherwise creates a run. Requested
     * by a visit or a new deployment, whatever its upstreams.
     * @param replaces the run that a new one replaces; ignored if a newer one has been created since
     * @returns the id of its run
     * @throws ServiceError start_declined, job_archived, workspace_archived, no_deployment, no_configuration,
     * invalid_profile
     */
    async startApp(asked: {
      jobId: string;
      membershipId: string | null;
      replaces?: string;
      /** Requested by a user rather than by a visit or a deployment, so it is audited. */
      isAsked?: boolean;
    }): Promise<string> {
      return persistence.transaction(async (store) => {
        const [known] = await store.jobs.getMany([asked.jobId]);
        if (!known) throw new ServiceError('not_found', `There is no job ${asked.jobId}.`);
        const [job] = await lockForStart(store, known.workspaceId, [known.id], false);
        if (!job) throw new ServiceError('not_found', `There is no job ${asked.jobId}.`);
        await refuseArchived(store, job);
        const [newest] = (await store.apps.listInstances(job.id)).filter(
          ({ status }) => status !== 'cancelling',
        );
        const isThere = newest !== undefined && newest.jobRunId !== asked.replaces;
        if (isThere) return newest.jobRunId;
        const { run, result } = await startLocked(store, job, {
          membershipId: asked.membershipId,
          replacesActive: true,
        });
        if (asked.isAsked) await recordStarts(store, job.workspaceId, result);
        return run.id;
      });
    },

    /**
     * Starts a run that finishes the pending packages of pipelines, and ends before it asks their sources. It covers no time,
     * and a refresh that is pending stays for the next run. Its function may need the input of the run that extracted them to
     * be called at all.
     * @throws ServiceError not_found, start_declined, job_archived, workspace_archived, no_deployment, no_configuration,
     * invalid_profile
     */
    async startFinishing(asked: {
      workspaceId: string;
      jobId: string;
      profile: string;
      membershipId: string;
      pipelineNames: readonly string[];
      /** The run that extracted the packages; null if it is gone. */
      extractedBy: string | null;
    }): Promise<JobRunRecord> {
      return persistence.transaction(async (store) => {
        const [job] = await lockForStart(store, asked.workspaceId, [asked.jobId], false);
        if (job?.workspaceId !== asked.workspaceId || job.jobRef === manifestBuildJobRef)
          throw new ServiceError('not_found', `There is no job ${asked.jobId}.`);
        await refuseArchived(store, job);
        const trigger = `manual:${job.jobRef}`;
        const result = await decideBatch(
          store,
          job.workspaceId,
          [{ job, trigger, matchedTriggers: [trigger] }],
          {
            ...plainStart,
            origin: 'request',
            now: await clock(store),
            membershipId: asked.membershipId,
            profile: asked.profile,
            input: await readInputOfMember(store, asked.workspaceId, asked.extractedBy),
            skipFreshness: true,
            isLocked: true,
            asksNoSource: true,
          },
        );
        const run = result.succeeded[0]?.run;
        if (!run) throw declined(result);
        await store.pendingPackages.setFinishing(run.id, asked.pipelineNames);
        await recordStarts(store, asked.workspaceId, result);
        return run;
      });
    },

    startWindows,

    /**
     * Starts, in the caller's transaction, a run that builds a manifest.
     * @param build.job the job of such runs, which the caller has locked
     * @param build.deployment the code to import, which the caller holds
     * @param build.input JSON, see `writeManifestInput`
     * @throws ServiceError start_declined, workspace_archived, no_configuration
     */
    async startManifestBuild(
      store: Pick<Store, RunStartStores>,
      build: { job: JobRecord; deployment: DeploymentRecord; membershipId: string; input: string },
    ): Promise<JobRunRecord> {
      const { job, ...options } = build;
      await refuseArchived(store, job);
      return (await startLocked(store, job, options)).run;
    },

    /** Recomputes the schedules of jobs from their current definitions; the caller holds their locks. */
    async arrange(
      store: Pick<Store, 'installation' | 'outbox' | 'schedules'>,
      jobs: readonly JobRecord[],
    ): Promise<void> {
      await arrangeSchedules(store, jobs, await clock(store));
    },
  };
}

/** Reads the input that a member gave a run. The body of a webhook must not become one: it would bind to arguments. */
async function readInputOfMember(
  { jobRuns }: Pick<Store, 'jobRuns'>,
  workspaceId: string,
  jobRunId: string | null,
): Promise<string | null> {
  const run = jobRunId === null ? null : await jobRuns.get(workspaceId, jobRunId);
  return run?.triggeredBy ? jobRuns.readInput(run.id) : null;
}
