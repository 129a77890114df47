import type { ConfigurationRecord, DeploymentRecord, JobRecord, JobRunRecord } from '../../store/records.ts';
import type { BatchOptions, Candidate } from './start-request.ts';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { Store } from '../../store/store.ts';
import type { JobSettings, RunSettings } from '../../domain/jobs/job-settings.ts';
import type { OrganizationRoom, StartInput } from '../../domain/runs/start-decision.ts';
import type { UpstreamFacts } from '../../domain/scheduling/freshness.ts';
import { chooseProfile, getDefaultTrigger } from '../../domain/jobs/job-definition.ts';
import { chooseJobSettings } from '../../domain/jobs/job-settings.ts';
import { isTimedTrigger } from '../../domain/jobs/trigger.ts';
import { readUpstreamRef } from '../../domain/scheduling/refresh.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** All that decisions on a batch of jobs read, loaded once, under the locks of the jobs. */
export interface StartFacts {
  /** The jobs of the batch by id. */
  jobs: ReadonlyMap<string, JobRecord>;
  deployment: DeploymentRecord | undefined;
  configuration: ConfigurationRecord | undefined;
  /** As they are after what the batch has started so far, like `organization`. */
  activeCounts: ReadonlyMap<string, number>;
  /** The runs of each job that wait for room, in the order in which they go. */
  queues: ReadonlyMap<string, JobRunRecord[]>;
  organization: OrganizationRoom;
  isWorkspaceArchived: boolean;
  definitionOf(this: void, job: JobRecord): JobDefinition;
  /** @throws ServiceError invalid_profile */
  profileOf(job: JobRecord, override: string | null): string;
  settingsOf(job: JobRecord, override: string | null): JobSettings;
  listUpstreams(definition: JobDefinition): UpstreamFacts[];
  /** A job in service that one of the batch waits for. */
  findUpstream(ref: string): JobRecord | undefined;
  /** A run of the job more is active. */
  countStart(jobId: string): void;
  /** A refresh has reached these jobs: nothing of theirs is completed any more. */
  forget(jobIds: readonly string[]): void;
}

/** What a decision on a job reads of the facts; the rest is the ask's own. */
export function describeJob(facts: StartFacts, job: JobRecord) {
  const definition = facts.definitionOf(job);
  return {
    definition,
    lastCompletedEnd: job.completedIntervalEnd,
    upstreams: facts.listUpstreams(definition),
    activeRunCount: facts.activeCounts.get(job.id) ?? 0,
    organization: facts.organization,
    isPaused: job.isPaused,
    isArchived: job.isArchived,
    isWorkspaceArchived: facts.isWorkspaceArchived,
  } satisfies Partial<StartInput>;
}

export async function loadStartFacts(
  store: Store,
  workspaceId: string,
  candidates: readonly Candidate[],
  options: Pick<BatchOptions, 'refresh' | 'isLocked'>,
): Promise<StartFacts> {
  const locked = await lockJobs(store, workspaceId, candidates, options);
  return gatherFacts(store, workspaceId, locked, 'held');
}

/** The same without any lock: what decisions on the jobs would read at this moment, for those who tell what is to come. */
export function readStartFacts(
  store: Store,
  workspaceId: string,
  jobs: readonly JobRecord[],
): Promise<StartFacts> {
  return gatherFacts(store, workspaceId, jobs, 'seen');
}

/** Facts that are held stay true until the transaction ends; those that are seen may be over when the caller has them. */
type Hold = 'held' | 'seen';

async function gatherFacts(
  store: Store,
  workspaceId: string,
  ofBatch: readonly JobRecord[],
  hold: Hold,
): Promise<StartFacts> {
  const ids = ofBatch.map((job) => job.id);
  const jobs = new Map(ofBatch.map((job) => [job.id, job]));
  const refs = new Set([...jobs.values()].flatMap((job) => job.upstreamRefs));
  const upstreams = refs.size === 0 ? [] : await store.jobs.listByRefs(workspaceId, [...refs]);
  const byRef = new Map(upstreams.map((job) => [job.jobRef, job]));
  const workspace = await store.workspaces.get(workspaceId);
  const configuration = await latestOf(store.configurations, workspaceId, hold);

  function profileOf(job: JobRecord, override: string | null): string {
    const choice = chooseProfile(definitionOf(job), override, configuration?.profiles ?? []);
    if (!choice.ok) throw new ServiceError('invalid_profile', choice.reason);
    return choice.profile;
  }

  const activeCounts = await store.jobRuns.countActive(ids);
  const queued = await store.runQueue.list(ids);
  const organization = await readOrganizationRoom(store, workspace?.organizationId, hold);
  return {
    jobs,
    queues: Map.groupBy(queued, (run) => run.jobId),
    organization,
    deployment: await latestOf(store.deployments, workspaceId, hold),
    configuration,
    activeCounts,
    isWorkspaceArchived: Boolean(workspace?.archivedAt),
    definitionOf,
    profileOf,
    settingsOf: (job, override) =>
      chooseJobSettings(
        (configuration?.runSettings ?? null) as RunSettings | null,
        profileOf(job, override),
        job.jobRef,
      ),
    listUpstreams: (definition) =>
      (definition.freshness ?? []).map((constraint) => {
        const upstream = byRef.get(readUpstreamRef(constraint));
        return {
          constraint,
          definition: upstream ? definitionOf(upstream) : null,
          lastCompletedEnd: upstream ? completionOf(upstream) : null,
        };
      }),
    findUpstream: (ref) => byRef.get(ref),
    countStart(jobId) {
      activeCounts.set(jobId, (activeCounts.get(jobId) ?? 0) + 1);
      organization.activeRunCount += 1;
    },
    forget(jobIds) {
      const forgotten = { completedIntervalEnd: null, lastCompletedAt: null };
      for (const id of jobIds) {
        const job = jobs.get(id);
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

/** Counted under the lock of the organization, which is taken only where it has a limit: else its starts would follow each other for nothing. */
async function readOrganizationRoom(
  store: Store,
  organizationId: string | undefined,
  hold: Hold,
): Promise<OrganizationRoom> {
  const unlimited = { activeRunCount: 0, runLimit: null, usedSeconds: 0, minuteLimit: null };
  if (organizationId === undefined) return unlimited;
  const seen = await store.organizationLimits.get(organizationId);
  if (!seen || (seen.concurrentRuns === null && seen.minutesAMonth === null)) return unlimited;
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
  store: Store,
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
 * Locks jobs of a workspace of which some may start, as they are then. A refresh changes jobs downstream too; to lock those later would be
 * out of order, and two such calls would deadlock.
 */
export async function lockForStart(
  store: Store,
  workspaceId: string,
  jobIds: readonly string[],
  reachesOthers: boolean,
): Promise<JobRecord[]> {
  if (!reachesOthers) return store.jobs.lock(jobIds);
  const wanted = new Set(jobIds);
  return (await store.jobs.lockAll(workspaceId)).filter(({ id }) => wanted.has(id));
}

function definitionOf(job: JobRecord): JobDefinition {
  return job.definition as JobDefinition;
}

/**
 * Whether a start of the job changes jobs downstream. Then all jobs of the workspace are locked, before any one of them is: locks that
 * are taken one after the other are in no order.
 */
export function refreshesOthers(job: JobRecord): boolean {
  return job.refreshPending || definitionOf(job).refresh_propagation === 'always';
}

/** What counts as completed: covered time for a job on a clock, any completed run for the others. */
function completionOf(job: JobRecord): Date | null {
  const trigger = getDefaultTrigger(definitionOf(job));
  return trigger && isTimedTrigger(trigger) ? job.completedIntervalEnd : job.lastCompletedAt;
}
