import type { StartContextStores } from './run-stores.ts';
import type {
  ConfigurationRecord,
  DeploymentRecord,
  JobRecord,
  JobRunRecord,
  RunWorkspace,
} from '../../store/records.ts';
import type { BatchOptions, Candidate } from './start-request.ts';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { RunInterval } from '../../domain/scheduling/run-interval.ts';
import type { Store } from '../../store/store.ts';
import type { JobSettings } from '../../domain/jobs/job-settings.ts';
import type { OrganizationCapacity, StartInput } from '../../domain/runs/start-decision.ts';
import type { UpstreamInput } from '../../domain/scheduling/freshness.ts';
import { chooseProfile, findTimedTrigger, getDefaultTrigger } from '../../domain/jobs/job-definition.ts';
import { chooseJobSettings } from '../../domain/jobs/job-settings.ts';
import { toIntervals } from '../backfills/intervals.ts';
import { isTimedTrigger } from '../../domain/jobs/trigger.ts';
import { readUpstreamRef } from '../../domain/scheduling/refresh.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The input for decisions on a batch of jobs, loaded once under the locks of the jobs. */
export interface StartContext {
  /** The jobs of the batch by id. */
  jobs: ReadonlyMap<string, JobRecord>;
  deployment: DeploymentRecord | undefined;
  configuration: ConfigurationRecord | undefined;
  /** Include what the batch has started so far, like `organization`. */
  activeCounts: ReadonlyMap<string, number>;
  /** The queued runs of each job, in the order in which they start. */
  queues: ReadonlyMap<string, JobRunRecord[]>;
  organization: OrganizationCapacity;
  isWorkspaceArchived: boolean;
  /** Runs may not share the files of a database: each has its own copy, and stores it at its end. */
  isLocalDataInObjects: boolean;
  /** @throws ServiceError invalid_profile */
  profileOf(job: JobRecord, override: string | null): string;
  settingsOf(job: JobRecord, override: string | null): JobSettings;
  listUpstreams(definition: JobDefinition): UpstreamInput[];
  /** Finds an active job that one of the batch waits for. */
  findUpstream(ref: string): JobRecord | undefined;
  /** Counts the active runs of the job that belong to backfills. */
  backfillCountOf(jobId: string): number;
  /** Lists the time that a start of the job leaves out: see decision 0087. */
  takenOf(jobId: string): readonly RunInterval[];
  /** Counts one more active run of the job, of a backfill or not. */
  countStart(jobId: string, isOfBackfill?: boolean): void;
  /** Discards the completions of these jobs, which a refresh has reached. */
  forget(jobIds: readonly string[]): void;
}

/** Assembles the part of a decision's input that depends on the job, not on the request. */
export function describeJob(context: StartContext, job: JobRecord) {
  const { definition } = job;
  return {
    definition,
    lastCompletedEnd: job.completedIntervalEnd,
    upstreams: context.listUpstreams(definition),
    activeRunCount: context.activeCounts.get(job.id) ?? 0,
    backfillRunCount: context.backfillCountOf(job.id),
    taken: context.takenOf(job.id),
    organization: context.organization,
    isPaused: job.isPaused,
    isArchived: job.isArchived,
    isWorkspaceArchived: context.isWorkspaceArchived,
  } satisfies Partial<StartInput>;
}

export async function loadStartContext(
  store: Pick<Store, StartContextStores>,
  workspaceId: string,
  candidates: readonly Candidate[],
  options: Pick<BatchOptions, 'refresh' | 'isLocked' | 'workspace'>,
): Promise<StartContext> {
  const locked = await lockJobs(store, workspaceId, candidates, options);
  return gatherContext(store, workspaceId, locked, { hold: 'held', workspace: options.workspace });
}

/** Loads the same input without locks, as of this moment, for previews. */
export function readStartContext(
  store: Pick<Store, StartContextStores>,
  workspaceId: string,
  jobs: readonly JobRecord[],
): Promise<StartContext> {
  return gatherContext(store, workspaceId, jobs, { hold: 'seen' });
}

/**
 * Input loaded with locks (`held`) is valid until the transaction ends; input loaded without (`seen`) may
 * already be outdated when it is returned.
 */
type Hold = 'held' | 'seen';

async function gatherContext(
  store: Pick<Store, StartContextStores>,
  workspaceId: string,
  ofBatch: readonly JobRecord[],
  { hold, workspace: known }: { hold: Hold; workspace?: RunWorkspace | undefined },
): Promise<StartContext> {
  const ids = ofBatch.map((job) => job.id);
  const jobs = new Map(ofBatch.map((job) => [job.id, job]));
  const refs = new Set([...jobs.values()].flatMap((job) => job.upstreamRefs));
  const upstreams = refs.size === 0 ? [] : await store.jobs.listByRefs(workspaceId, [...refs]);
  const byRef = new Map(upstreams.map((job) => [job.jobRef, job]));
  const workspace = known ?? (await store.workspaces.getForRuns(workspaceId));
  const configuration = await latestOf(store.configurations, workspaceId, hold);

  function profileOf(job: JobRecord, override: string | null): string {
    const choice = chooseProfile(job.definition, override, configuration?.profiles ?? []);
    if (!choice.ok) throw new ServiceError('invalid_profile', choice.reason);
    return choice.profile;
  }

  const { activeCounts, backfillCounts, hasQueued } = await store.jobRuns.countActive(ids);
  const taken = await readTakenTime(store, [...ofBatch, ...upstreams]);
  const queued = hasQueued ? await store.runQueue.list(ids) : [];
  const organization = await readOrganizationCapacity(store, workspace, hold);
  return {
    jobs,
    queues: Map.groupBy(queued, (run) => run.jobId),
    organization,
    deployment: await latestOf(store.deployments, workspaceId, hold),
    configuration,
    activeCounts,
    isWorkspaceArchived: Boolean(workspace?.archivedAt),
    isLocalDataInObjects: workspace?.isLocalDataInObjects ?? false,
    profileOf,
    settingsOf: (job, override) =>
      chooseJobSettings(configuration?.runSettings ?? null, profileOf(job, override), job.jobRef),
    listUpstreams: (definition) =>
      (definition.freshness ?? []).map((constraint) => {
        const upstream = byRef.get(readUpstreamRef(constraint));
        return {
          constraint,
          definition: upstream?.definition ?? null,
          lastCompletedEnd: upstream ? completionOf(upstream, taken.get(upstream.id)) : null,
        };
      }),
    findUpstream: (ref) => byRef.get(ref),
    backfillCountOf: (jobId) => backfillCounts.get(jobId) ?? 0,
    takenOf: (jobId) => taken.get(jobId)?.intervals ?? [],
    countStart(jobId, isOfBackfill = false) {
      activeCounts.set(jobId, (activeCounts.get(jobId) ?? 0) + 1);
      if (isOfBackfill) backfillCounts.set(jobId, (backfillCounts.get(jobId) ?? 0) + 1);
      organization.activeRunCount += 1;
    },
    forget(jobIds) {
      const forgotten = { completedIntervalEnd: null, lastCompletedAt: null };
      for (const id of jobIds) {
        const job = jobs.get(id);
        taken.delete(id);
        if (job) jobs.set(id, { ...job, ...forgotten });
      }
      for (const [ref, job] of byRef) if (jobIds.includes(job.id)) byRef.set(ref, { ...job, ...forgotten });
    },
  };
}

interface Versions<Row> {
  latest(workspaceId: string): Promise<Row | undefined>;
  holdLatest(workspaceId: string): Promise<Row | undefined>;
}

function latestOf<Row>(versions: Versions<Row>, workspaceId: string, hold: Hold): Promise<Row | undefined> {
  return hold === 'held' ? versions.holdLatest(workspaceId) : versions.latest(workspaceId);
}

/**
 * Counted under the lock of the organization, which is taken only if it has a limit: otherwise its starts
 * would be serialized needlessly.
 */
async function readOrganizationCapacity(
  store: Pick<Store, 'organizationLimits' | 'usage'>,
  workspace: RunWorkspace | undefined,
  hold: Hold,
): Promise<OrganizationCapacity> {
  const unlimited = { activeRunCount: 0, runLimit: null, usedSeconds: 0, minuteLimit: null };
  if (!workspace) return unlimited;
  const { organizationId, limits: seen } = workspace;
  if (seen.concurrentRuns === null && seen.minutesAMonth === null) return unlimited;
  const limits = hold === 'held' ? await store.organizationLimits.lock(organizationId) : seen;
  const { activeRunCount, usedSeconds } = await store.usage.monthSoFar({ organizationId });
  return {
    activeRunCount,
    runLimit: limits?.concurrentRuns ?? null,
    usedSeconds,
    minuteLimit: limits?.minutesAMonth ?? null,
  };
}

async function lockJobs(
  store: Pick<Store, 'jobs'>,
  workspaceId: string,
  candidates: readonly Candidate[],
  { refresh, isLocked }: Pick<BatchOptions, 'refresh' | 'isLocked'>,
): Promise<readonly JobRecord[]> {
  const jobs = candidates.map((candidate) => candidate.job);
  const reachesOthers = refresh || jobs.some(refreshesOthers);
  if (isLocked && !reachesOthers) return jobs;
  const ids = jobs.map((job) => job.id);
  return lockForStart(store, workspaceId, ids, reachesOthers);
}

/**
 * Locks jobs of a workspace that may start, and returns their state under the lock. A refresh also changes
 * downstream jobs; locking those later would break the lock order, and two such calls would deadlock.
 */
export async function lockForStart(
  store: Pick<Store, 'jobs'>,
  workspaceId: string,
  jobIds: readonly string[],
  reachesOthers: boolean,
): Promise<JobRecord[]> {
  if (!reachesOthers) return store.jobs.lockForRuns(jobIds);
  const wanted = new Set(jobIds);
  return (await store.jobs.lockAll(workspaceId)).filter(({ id }) => wanted.has(id));
}

/**
 * Reports whether a start of the job changes downstream jobs. Then all jobs of the workspace must be locked
 * first, because locks taken one by one are in no defined order.
 */
export function refreshesOthers(job: JobRecord): boolean {
  return job.refreshPending || job.definition.refresh_propagation === 'always';
}

/** What completed runs and open windows of backfills have taken of the time of a job. */
interface Taken {
  coveredUntil: Date | null;
  intervals: readonly RunInterval[];
}

async function readTakenTime(
  store: Pick<Store, 'jobCoverage'>,
  jobs: readonly JobRecord[],
): Promise<Map<string, Taken>> {
  const onClock = jobs.filter(({ definition }) => findTimedTrigger(definition) !== null);
  if (onClock.length === 0) return new Map();
  const rows = await store.jobCoverage.takenOf(onClock.map(({ id }) => id));
  return new Map(
    rows.map(({ jobId, coveredUntil, taken }) => [jobId, { coveredUntil, intervals: toIntervals(taken) }]),
  );
}

/**
 * Returns until when a job is completed: its covered time on a clock, otherwise its last completed run. Completed
 * time after a window of a backfill that is still open counts.
 */
function completionOf(job: JobRecord, taken: Taken | undefined): Date | null {
  const trigger = getDefaultTrigger(job.definition);
  if (!trigger || !isTimedTrigger(trigger)) return job.lastCompletedAt;
  const { completedIntervalEnd: end } = job;
  const until = taken?.coveredUntil ?? null;
  return end === null || (until !== null && until > end) ? until : end;
}
