import type { DetailedJob } from '../../services/jobs/read-jobs.ts';
import type { JobVersionInput, JobResponseInput } from '../jobs/jobs-serializers.ts';
import type { DetailedJobRun } from '../../services/runs/read-job-runs.ts';
import type {
  DownstreamRun,
  JobRecord,
  JobRunRecord,
  JobVersionRecord,
  PipelineRunHeadRecord,
  RecentRun,
} from '../../store/records.ts';
import type {
  DownstreamJobRunResponse,
  JobRunResponse,
  RecentJobRunResponse,
  RouteResponseInput,
} from '@pumphouse/contract';
import type { RequestUrls } from '../serializers/request-urls.ts';
import { jobCategory } from '@pumphouse/contract';
import { toDurationSeconds, toInstant, toInstantOrNull } from '../serializers/instants.ts';
import { toJob, toJobVersion } from '../jobs/jobs-serializers.ts';
import { toPipelineRunHead } from '../pipelines/pipeline-runs-serializers.ts';
import { toPipelineRunSummary } from '../../telemetry/serializers.ts';

/** The backfill whose window a run loads; null for a usual run. */
export function toRunBackfill({
  backfillId,
  backfillWindow,
}: Pick<JobRunRecord, 'backfillId' | 'backfillWindow'>) {
  return backfillId === null || backfillWindow === null ? null : { id: backfillId, window: backfillWindow };
}

/** @param at the origin of the URL of the run's logs */
export function toJobRun(
  run: JobRunRecord,
  pipelineRuns: readonly PipelineRunHeadRecord[],
  { origin }: Pick<RequestUrls, 'origin'>,
): JobRunResponse {
  return {
    id: run.id,
    workspace_id: run.workspaceId,
    job_version_id: run.jobVersionId,
    deployment_id: run.deploymentId,
    configuration_id: run.configurationId,
    number: run.number,
    status: run.status,
    trigger: run.trigger,
    triggered_by: run.triggeredBy,
    profile: run.profile,
    interval_start: toInstantOrNull(run.intervalStart),
    interval_end: toInstantOrNull(run.intervalEnd),
    previous_job_run_id: run.previousJobRunId,
    pipeline_run_summaries: pipelineRuns.map((pipelineRun) =>
      toPipelineRunSummary(toPipelineRunHead(pipelineRun)),
    ),
    logs_url: `${origin}/logs/v1/workspaces/${run.workspaceId}/job-runs/${run.id}/logs`,
    created_at: toInstant(run.createdAt),
    updated_at: toInstant(run.updatedAt),
    started_at: toInstantOrNull(run.startedAt),
    finished_at: toInstantOrNull(run.finishedAt),
    duration_seconds: toDurationSeconds(run),
  };
}

export function toDetailedJobRun(
  detailed: DetailedJobRun,
  at: RequestUrls,
): RouteResponseInput<'get_job_run'> {
  return createRunDescriber(at)(detailed);
}

/** Converts the runs of one response; runs of the same job share the objects of the job and its version. */
export function createRunDescriber(
  at: RequestUrls,
): (detailed: DetailedJobRun) => RouteResponseInput<'get_job_run'> {
  const jobs = new Map<string, JobResponseInput>();
  return ({ run, job, version, pipelineRuns, downstreamRuns }) => ({
    ...toJobRun(run, pipelineRuns, at),
    job: once(jobs, job.id, () => toJob(job, at)),
    job_version: toLastingJobVersion(version, job),
    downstream_job_runs: downstreamRuns?.map(toDownstreamRun) ?? null,
  });
}

/** Versions never change, except for the module that the job was last deployed from. */
const lastingVersions = new WeakMap<JobVersionRecord, JobVersionInput>();

/** Returns the same object for a version as long as its record is cached, so that its text is reused. */
function toLastingJobVersion(version: JobVersionRecord, job: JobRecord): JobVersionInput {
  const known = lastingVersions.get(version);
  if (known && known.deployment_module === job.deploymentModule) return known;
  const made = toJobVersion(version, job);
  lastingVersions.set(version, made);
  return made;
}

function once<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

export function toDetailedJob(detailed: DetailedJob, at: RequestUrls): RouteResponseInput<'get_job'> {
  const { job, version, latestRun, latestPipelineRuns, recentRuns, downstreamRuns } = detailed;
  return {
    ...toJob(job, at),
    current_version: version ? toJobVersion(version, job) : null,
    latest_job_run: latestRun ? toJobRun(latestRun, latestPipelineRuns, at) : null,
    recent_job_runs: recentRuns?.map(toRecentRun) ?? null,
    downstream_job_runs: downstreamRuns?.map(toDownstreamRun) ?? null,
  };
}

function toRecentRun(run: RecentRun): RecentJobRunResponse {
  return {
    id: run.id,
    status: run.status,
    started_at: toInstantOrNull(run.startedAt),
    duration_seconds: toDurationSeconds(run),
    rows_loaded: run.rowsLoaded,
  };
}

function toDownstreamRun(run: DownstreamRun): DownstreamJobRunResponse {
  return {
    id: run.id,
    job_id: run.jobId,
    job_ref: run.jobRef,
    name: run.displayName ?? run.jobRef,
    number: run.number,
    status: run.status,
    trigger: run.trigger,
    // The enum is closed: the client fails on an unknown category.
    category: jobCategory.safeParse(run.category).data ?? null,
    started_at: toInstantOrNull(run.startedAt),
    duration_seconds: toDurationSeconds(run),
  };
}
