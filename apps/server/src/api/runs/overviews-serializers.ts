import { toRunBackfill } from './job-runs-serializers.ts';
import type { JobOverviewResponse, RouteResponseInput } from '@pumphouse/contract';
import type { JobOverview } from '../../services/jobs/read-job-overviews.ts';
import type {
  RecentRun,
  RunHolder,
  RunLoaded,
  RunNeighbour,
  RunSchemaChanges,
  RunSurroundings,
  TrendRun,
} from '../../store/records.ts';
import type { RunCountsOfList } from '../../services/runs/count-runs.ts';
import type { RunOverview, RunOverviewDetail } from '../../services/runs/read-run-overviews.ts';
import { listTags } from '../../domain/jobs/trigger.ts';
import { saturatedFailures } from '@pumphouse/contract';
import { toDurationSeconds, toInstant, toInstantOrNull } from '../serializers/instants.ts';
import { toFailureReason } from './failure-reasons-serializers.ts';
import { toUnknown, toWaiting } from './run-timelines-serializers.ts';

type RunOverviewInput = RouteResponseInput<'list_run_overviews'>['items'][number];
type RunOverviewDetailInput = RouteResponseInput<'get_run_overview'>;

/** Maximum pipeline names in one row. */
const maxPipelineNames = 20;

export function toRunOverview({
  run,
  surroundings,
  loaded,
  schemaChanges,
  holder,
}: RunOverview): RunOverviewInput {
  const { skip } = run;
  return {
    id: run.id,
    number: run.number,
    job_id: run.jobId,
    job_ref: surroundings.jobRef,
    job_name: surroundings.jobName,
    job_type: surroundings.jobType,
    status: run.status,
    trigger: run.trigger,
    trigger_kind: run.triggerKind,
    tick_at: toInstantOrNull(run.tickAt),
    triggered_by: run.triggeredBy === null ? null : { id: run.triggeredBy, email: surroundings.starterEmail },
    caused_by: toCause(surroundings),
    backfill: toRunBackfill(run),
    profile: run.profile,
    refresh: run.refresh,
    interval_start: toInstantOrNull(run.intervalStart),
    interval_end: toInstantOrNull(run.intervalEnd),
    created_at: toInstant(run.createdAt),
    started_at: toInstantOrNull(run.startedAt),
    finished_at: toInstantOrNull(run.finishedAt),
    duration_seconds: toDurationSeconds(run),
    attempt_count: surroundings.attemptCount,
    reason: toFailureReason(run),
    skip: skip && { reasons: skip.reasons, count: skip.count, last_at: skip.lastAt },
    waiting: toWaitBehind(run, holder),
    unknown: toUnknown(run),
    deployment: { id: run.deploymentId, version: surroundings.deploymentVersion },
    configuration: { id: run.configurationId, version: surroundings.configurationVersion },
    loaded: loaded && { ...toLoaded(loaded), schema_changes: toSchemaChanges(schemaChanges) },
    pipeline_names: loaded?.pipelineNames.slice(0, maxPipelineNames) ?? [],
  };
}

export function toRunOverviewDetail(detail: RunOverviewDetail): RunOverviewDetailInput {
  return {
    ...toRunOverview(detail),
    previous: toNeighbour(detail.previous),
    next: toNeighbour(detail.next),
    last_completed: toNeighbour(detail.lastCompleted),
  };
}

export function toJobOverview(overview: JobOverview): JobOverviewResponse {
  const { job, nextStart, recentRuns, lastRun, lastSkippedRun, lastFailedRun } = overview;
  return {
    id: job.id,
    ref: job.jobRef,
    name: job.displayName ?? job.jobRef,
    job_type: job.jobType,
    category: job.category,
    description: job.description,
    tags: listTags(job.triggers),
    triggers: job.triggers,
    default_trigger: job.defaultTrigger,
    pipeline_name: job.pipelineName,
    pipeline_names: listPipelineNames(overview),
    profile: job.profile,
    is_paused: job.isPaused,
    paused_at: toInstantOrNull(job.pausedAt),
    is_archived: job.isArchived,
    is_starred: job.isStarred,
    version: job.version,
    created_at: toInstant(job.createdAt),
    next_start: nextStart && { at: toInstant(nextStart.at), trigger: nextStart.trigger },
    recent_runs: recentRuns.toReversed().map(toRecentRun),
    state: job.state,
    last_run: lastRun && toRunOverview(lastRun),
    last_skipped_run: lastSkippedRun && toRunOverview(lastSkippedRun),
    last_failed_run: lastFailedRun && toRunOverview(lastFailedRun),
    failing_since: toFailingSince(overview),
  };
}

export function toRunCounts(counted: RunCountsOfList): RouteResponseInput<'count_run_overviews'> {
  const toIso = (atMs: number) => new Date(atMs).toISOString();
  return {
    start: toIso(counted.startMs),
    end: toIso(counted.endMs),
    bucket_seconds: counted.bucketSeconds,
    buckets: counted.buckets.map(({ startMs, endMs, counts }) => ({
      start: toIso(startMs),
      end: toIso(endMs),
      ...counts,
    })),
    total: counted.total,
    counted_from: toInstantOrNull(counted.countedFrom),
  };
}

export function toTrendRun(run: TrendRun): RouteResponseInput<'get_job_trend'>['runs'][number] {
  const begun = run.startedAt ?? run.finishedAt;
  return {
    id: run.id,
    number: run.number,
    status: run.status,
    created_at: toInstant(run.createdAt),
    duration_seconds: toDurationSeconds(run),
    queued_seconds: toDurationSeconds({ startedAt: run.createdAt, finishedAt: begun }),
    rows_loaded: run.rowsLoaded,
    bytes_loaded: run.bytesLoaded,
    deployment_version: run.deploymentVersion,
  };
}

function toCause({ causeId, causeJobId, causeJobRef, causeJobName, causeNumber }: RunSurroundings) {
  if (causeId === null || causeJobId === null || causeJobRef === null || causeNumber === null) return null;
  return toOtherRun({
    id: causeId,
    number: causeNumber,
    jobId: causeJobId,
    jobRef: causeJobRef,
    jobName: causeJobName ?? causeJobRef,
  });
}

function toWaitBehind(run: RunOverview['run'], holder: RunOverview['holder']): RunOverviewInput['waiting'] {
  const waiting = toWaiting(run);
  return waiting && { ...waiting, behind: holder && toOtherRun(holder) };
}

function toOtherRun({ id, number, jobId, jobRef, jobName }: Omit<RunHolder, 'jobRunId'>) {
  return { job_run_id: id, job_id: jobId, job_ref: jobRef, job_name: jobName, number };
}

function toSchemaChanges(changes: RunSchemaChanges | null) {
  return (
    changes && {
      created_schema_count: changes.createdSchemaCount,
      change_count: changes.changeCount,
      first_change: changes.firstChange,
    }
  );
}

function toLoaded(loaded: RunLoaded) {
  return {
    pipeline_run_count: loaded.pipelineRunCount,
    failed_pipeline_run_count: loaded.failedPipelineRunCount,
    rows: loaded.rows,
    bytes: loaded.bytes,
    table_count: loaded.tableCount,
    schema_change: loaded.hasSchemaChange,
  };
}

function toNeighbour(run: RunNeighbour | null): RunOverviewDetailInput['next'] {
  return run && { job_run_id: run.id, number: run.number };
}

function toRecentRun(run: RecentRun): JobOverviewResponse['recent_runs'][number] {
  return {
    id: run.id,
    number: run.number,
    status: run.status,
    duration_seconds: toDurationSeconds(run),
    rows_loaded: run.rowsLoaded,
    created_at: toInstant(run.createdAt),
    started_at: toInstantOrNull(run.startedAt),
  };
}

function listPipelineNames({ job, pipelineNames }: JobOverview): string[] {
  const names = new Set(pipelineNames);
  if (job.pipelineName !== null) names.add(job.pipelineName);
  return [...names].toSorted().slice(0, maxPipelineNames);
}

function toFailingSince({ job }: JobOverview): JobOverviewResponse['failing_since'] {
  const { failureCount, failingSinceNumber, failingSinceAt, failingSinceRunId } = job;
  if (failureCount === 0 || failingSinceNumber === null || failingSinceAt === null) return null;
  return {
    job_run_id: failingSinceRunId,
    number: failingSinceNumber,
    at: toInstant(failingSinceAt),
    count: Math.min(failureCount, saturatedFailures),
  };
}
