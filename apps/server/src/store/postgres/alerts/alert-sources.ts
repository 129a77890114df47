import type { ChangedBackfill } from '../../../domain/alerts/describe-backfill-incidents.ts';
import type { CheckResult } from '../../../domain/pipelines/evaluate-checks.ts';
import type { FailureReason } from '../../../domain/runs/failure-reason.ts';
import type { Queryable } from '../pool.ts';
import type { SchemaChange } from '@pumphouse/contract';
import { named } from '../statements/named.ts';

/** The job of a subject, with what scopes of rules match. */
export interface AlertJob {
  jobId: string;
  jobRef: string;
  /** The display name, otherwise the ref. */
  jobName: string;
  /** As declared: a list, or a single text. */
  tags: unknown;
  /** The pipelines that it has run, and the one that it declares. */
  pipelineNames: string[];
}

export interface EndedRunSource extends AlertJob {
  jobRunId: string;
  number: number;
  status: 'completed' | 'failed';
  trigger: string;
  failure: { code: string; detail: string } | null;
  reason: FailureReason | null;
  /** Null unless it loaded a window of a backfill. */
  backfillId: string | null;
  /** The data interval; null without one. */
  intervalStart: Date | null;
  intervalEnd: Date | null;
  startedAt: Date | null;
  finishedAt: Date;
  attemptCount: number;
  /** Rows that its pipeline runs loaded; null without any. */
  rowsLoaded: number | null;
}

/** What an attempt did with a pipeline, however often it called `run()`. */
export interface PipelineResultSource extends AlertJob {
  pipelineName: string;
  datasetName: string | null;
  /** The job run has all rows of a usual run: its last call succeeded, and so did the user code. */
  isComplete: boolean;
  rowsLoaded: number;
  /** Null if no checks were evaluated. */
  checkResults: CheckResult[] | null;
  jobRunId: string;
  runNumber: number;
  createdAt: Date;
}

export interface SchemaChangeSource extends AlertJob {
  changeId: string;
  pipelineName: string;
  schemaName: string;
  version: number | null;
  isFirstVersion: boolean;
  changeCount: number;
  changes: SchemaChange[];
  jobRunId: string | null;
  createdAt: Date;
}

/** A run that is pending or active. */
export interface OpenRunSource extends AlertJob {
  jobRunId: string;
  number: number;
  status: string;
  isApp: boolean;
  tickAt: Date | null;
  waitReason: string | null;
  /** A retry waits until then. */
  notBefore: Date | null;
  createdAt: Date;
  /** When user code of the latest attempt started; null before. */
  startedAt: Date | null;
  /** When its latest attempt last printed something, or started; null before its start. */
  lastOutputAt: Date | null;
}

/** A tick that no scheduler has decided. */
export interface MissedTickSource extends AlertJob {
  tickAt: Date;
}

const jobFields = `jobs.id as "jobId", jobs.job_ref as "jobRef", coalesce(job_versions.display_name, jobs.job_ref) as "jobName",
  job_versions.definition->'expose'->'tags' as tags,
  array(select distinct name from (
          select pipeline_name as name from job_pipelines where job_pipelines.job_id = jobs.id
          union all select job_versions.definition->'deliver'->>'pipeline_name') as names
         where name is not null order by name limit 50) as "pipelineNames"`;
const ofJob = 'join job_versions on job_versions.id = jobs.current_version_id';

/** How many earlier runs are looked through for those that ended with an outcome. */
const runsLookedThrough = 300;
/** Older runs show little of how many rows are usual. */
const historyDays = 90;
/** Only runs this far back are read for how long a run usually takes. */
const durationsLookedThrough = 100;

/**
 * A failed check does not take rows away; a failure of the code and a cancel do. The rows of a window of a backfill, and of a
 * run that only finished packages, are not those of a usual run.
 */
const isComplete = `results.status = 'succeeded' and job_runs.status in ('completed', 'failed')
                    and job_runs.backfill_id is null and job_runs.finishes_pending is null
                    and coalesce(attempts.failure->>'code', 'check_failed') = 'check_failed'`;

const lastAttempt =
  '(select attempts.id from attempts where attempts.job_run_id = job_runs.id order by attempts.number desc limit 1)';

/** The last ends of a job. A window of a backfill is no end of the job. */
const lastRun = `select job_runs.id as "subjectId", status, finished_at from job_runs
   where job_runs.job_id = jobs.id and status in ('completed', 'failed') and not is_internal and backfill_id is null
   order by number desc limit 1`;
const lastAttemptEnd = `select ${lastAttempt} as "subjectId", status, finished_at from job_runs
   where job_runs.job_id = jobs.id and status in ('completed', 'failed') and not is_internal
   order by number desc limit 1`;
const lastBackfill = `select backfills.id as "subjectId", status, updated_at as finished_at from backfills
   where backfills.job_id = jobs.id and status <> 'cancelled' order by created_at desc limit 1`;

export type AlertSourceStore = ReturnType<typeof createAlertSourceStore>;

/** Reads what rules are evaluated on. No statement reads a whole history. */
export function createAlertSourceStore(sql: Queryable) {
  return {
    getEndedRun: (jobRunId: string) =>
      sql.maybeOnePrepared<EndedRunSource>(
        named(
          `select ${jobFields}, job_runs.id as "jobRunId", job_runs.number, job_runs.status, job_runs.trigger,
                  job_runs.failure, job_runs.reason, job_runs.backfill_id as "backfillId",
                  job_runs.interval_start as "intervalStart", job_runs.interval_end as "intervalEnd",
                  job_runs.started_at as "startedAt", coalesce(job_runs.finished_at, job_runs.updated_at) as "finishedAt",
                  (select count(*)::int from attempts where attempts.job_run_id = job_runs.id) as "attemptCount",
                  (select sum(total_rows_loaded)::bigint from pipeline_runs where pipeline_runs.job_run_id = job_runs.id) as "rowsLoaded"
             from job_runs join jobs on jobs.id = job_runs.job_id ${ofJob}
            where job_runs.id = :jobRunId::uuid and job_runs.status in ('completed', 'failed')`,
          { jobRunId },
        ),
      ),

    /** Lists how the runs before one ended, the latest first: only failures and successes, without windows of backfills. */
    listEarlierOutcomes: async (jobId: string, beforeNumber: number, limit: number) =>
      (
        await sql.prepared<{ status: string }>(
          named(
            `select status from job_runs
              where job_id = :jobId and number < :beforeNumber and number >= :beforeNumber::int - ${runsLookedThrough}
                and status in ('completed', 'failed') and backfill_id is null order by number desc limit :limit`,
            { jobId, beforeNumber, limit },
          ),
        )
      ).map(({ status }) => status),

    /**
     * Lists the last ends of the jobs of a workspace, the oldest first, without those whose own event is still to be
     * evaluated. A cancelled or skipped run is no end.
     * @returns ids of runs that failed, of the last attempts of runs, or of backfills that failed or are paused
     */
    listLastEnds: async (
      workspaceId: string,
      kind: 'run-ended' | 'attempt-closed' | 'backfill-changed',
      limit: number,
    ) =>
      (
        await sql.query<{ subjectId: string }>(
          named(
            `select ended."subjectId" from jobs cross join lateral (
               ${kind === 'run-ended' ? lastRun : kind === 'attempt-closed' ? lastAttemptEnd : lastBackfill}) as ended
              where jobs.workspace_id = :workspaceId and not jobs.is_archived and ended."subjectId" is not null
                ${kind === 'attempt-closed' ? '' : `and ended.status in ('failed', 'paused')`}
                and not exists (
                      select from alert_events where alert_events.workspace_id = :workspaceId and kind = :kind
                         and subject_id = ended."subjectId"::text and dropped_at is null)
              order by ended.finished_at desc limit :limit`,
            { workspaceId, kind, limit },
          ),
        )
      )
        .map(({ subjectId }) => subjectId)
        .toReversed(),

    listPipelineResults: (attemptId: string) =>
      sql.prepared<PipelineResultSource>(
        named(
          `select ${jobFields}, results.pipeline_name as "pipelineName", results.dataset_name as "datasetName",
                  coalesce(${isComplete}, false) as "isComplete", results.rows_loaded as "rowsLoaded",
                  results.checks->'results' as "checkResults",
                  results.job_run_id as "jobRunId", job_runs.number as "runNumber", results.created_at as "createdAt"
             from pipeline_results as results join attempts on attempts.id = results.attempt_id
             join job_runs on job_runs.id = results.job_run_id
             join jobs on jobs.id = job_runs.job_id ${ofJob}
            where results.attempt_id = :attemptId::uuid order by results.pipeline_name`,
          { attemptId },
        ),
      ),

    /** Lists the rows that complete attempts loaded with a pipeline before an instant, the latest first. */
    listEarlierRows: async (
      run: { workspaceId: string; pipelineName: string; datasetName: string | null; before: Date },
      limit: number,
    ) =>
      (
        await sql.query<{ rows: number }>(
          named(
            `select results.rows_loaded as rows from pipeline_results as results
               join attempts on attempts.id = results.attempt_id join job_runs on job_runs.id = results.job_run_id
              where results.workspace_id = :workspaceId and results.pipeline_name = :pipelineName
                and (:datasetName::text is null or results.dataset_name = :datasetName) and ${isComplete}
                and results.created_at < :before and results.created_at > :before::timestamptz - interval '${historyDays} days'
              order by results.created_at desc limit :limit`,
            { ...run, limit },
          ),
        )
      ).map(({ rows }) => rows),

    getSchemaChange: (changeId: string) =>
      sql.maybeOne<SchemaChangeSource>(
        named(
          `select ${jobFields}, schema_changes.id::text as "changeId", schema_changes.pipeline_name as "pipelineName",
                  schema_changes.schema_name as "schemaName", schema_changes.version, schema_changes.base_hash is null as "isFirstVersion",
                  schema_changes.change_count as "changeCount", schema_changes.changes, schema_changes.job_run_id as "jobRunId",
                  schema_changes.created_at as "createdAt"
             from schema_changes join jobs on jobs.id = schema_changes.job_id ${ofJob}
            where schema_changes.id = :changeId::bigint`,
          { changeId },
        ),
      ),

    getBackfill: (backfillId: string) =>
      sql.maybeOne<ChangedBackfill>(
        named(
          `select ${jobFields}, backfills.id as "backfillId", backfills.status, backfills.pause_reason as "pauseReason",
                  backfills.starts_at as "startsAt", backfills.ends_at as "endsAt", backfills.window_count as "windowCount",
                  (select count(*)::int from backfill_windows
                    where backfill_windows.backfill_id = backfills.id and status = 'failed') as "failedCount",
                  backfills.updated_at as "changedAt"
             from backfills join jobs on jobs.id = backfills.job_id ${ofJob} where backfills.id = :backfillId::uuid`,
          { backfillId },
        ),
      ),

    /** Lists pending and active runs of a workspace that were created before an instant, the oldest first. */
    listOpenRuns: (workspaceId: string, createdBefore: Date, limit: number) =>
      sql.query<OpenRunSource>(
        named(
          `select ${jobFields}, open.id as "jobRunId", open.number, open.status, open.is_app as "isApp",
                  open.tick_at as "tickAt", open.wait_reason as "waitReason", open.not_before as "notBefore",
                  open.created_at as "createdAt", latest.started_at as "startedAt",
                  greatest(latest.last_output_at, latest.started_at) as "lastOutputAt"
             from jobs
             join job_runs as open on open.job_id = jobs.id and open.status in ('pending', 'starting', 'running', 'cancelling')
             ${ofJob}
             left join lateral (select started_at, last_output_at from attempts where attempts.job_run_id = open.id
                                 order by attempts.number desc limit 1) as latest on true
            where jobs.workspace_id = :workspaceId and open.created_at < :createdBefore and not open.is_internal
            order by open.created_at, open.id limit :limit`,
          { workspaceId, createdBefore, limit },
        ),
      ),

    /** Returns the median duration of the last successful runs of each job, and how many there were. */
    listUsualSeconds: (jobIds: readonly string[], limit: number) =>
      sql.query<{ jobId: string; seconds: number | null; runCount: number }>(
        named(
          `select asked.id as "jobId", usual.seconds, usual."runCount"
             from unnest(:jobIds::uuid[]) as asked (id) cross join lateral (
               select percentile_cont(0.5) within group (order by extract(epoch from finished_at - started_at))::float8 as seconds,
                      count(*)::int as "runCount"
                 from (select started_at, finished_at from (
                         select status, started_at, finished_at from job_runs
                          where job_runs.job_id = asked.id order by number desc limit ${durationsLookedThrough}) as latest
                        where status = 'completed' and started_at is not null and finished_at is not null limit :limit) as runs) as usual`,
          { jobIds, limit },
        ),
      ),

    /** Lists ticks of a workspace that were due before an instant and are not decided. */
    listMissedTicks: (workspaceId: string, dueBefore: Date, limit: number) =>
      sql.query<MissedTickSource>(
        named(
          `select ${jobFields}, coalesce(schedules.next_tick_at, schedules.created_at) as "tickAt"
             from schedules join jobs on jobs.id = schedules.job_id ${ofJob}
            where schedules.next_tick_at < :dueBefore and jobs.workspace_id = :workspaceId
              and not jobs.is_archived and not jobs.is_paused
            order by schedules.next_tick_at, jobs.id limit :limit`,
          { workspaceId, dueBefore, limit },
        ),
      ),

    /** Lists the jobs that have run a pipeline. */
    listJobsOfPipelines: (workspaceId: string, pipelineNames: readonly string[]) =>
      sql.query<AlertJob & { pipelineName: string }>(
        named(
          `select distinct on (ran.pipeline_name, jobs.id) ${jobFields}, ran.pipeline_name as "pipelineName"
             from job_pipelines as ran join jobs on jobs.id = ran.job_id ${ofJob}
            where ran.workspace_id = :workspaceId and ran.pipeline_name = any(:pipelineNames)
            order by ran.pipeline_name, jobs.id`,
          { workspaceId, pipelineNames },
        ),
      ),

    getJob: (workspaceId: string, jobId: string) =>
      sql.maybeOne<AlertJob>(
        named(
          `select ${jobFields} from jobs ${ofJob} where jobs.workspace_id = :workspaceId and jobs.id = :jobId`,
          { workspaceId, jobId },
        ),
      ),

    /** Lists the jobs whose rows another transaction holds, so that a new reference to them would wait. */
    listHeldJobs: async (workspaceId: string) =>
      (
        await sql.query<{ id: string }>(
          named(
            `with free as (select id from jobs where workspace_id = :workspaceId for key share skip locked)
             select id from jobs where workspace_id = :workspaceId and id not in (select id from free)`,
            { workspaceId },
          ),
        )
      ).map(({ id }) => id),

    /** Ids of ended runs, closed attempts with pipelines or schema changes since an instant, the newest first: for previews. */
    listRecent: async (
      workspaceId: string,
      of: 'runs' | 'attempts' | 'schema-changes' | 'backfills',
      range: { since: Date; limit: number },
    ) =>
      (
        await sql.query<{ id: string }>(
          named(
            of === 'runs'
              ? `select id::text as id from job_runs where workspace_id = :workspaceId and created_at > :since
                    and status in ('completed', 'failed') and not is_internal order by created_at desc, id limit :limit`
              : of === 'attempts'
                ? `select attempt_id::text as id from pipeline_results where workspace_id = :workspaceId and created_at > :since
                    group by attempt_id order by max(created_at) desc, attempt_id limit :limit`
                : of === 'backfills'
                  ? `select id::text as id from backfills where workspace_id = :workspaceId and created_at > :since
                      order by created_at desc, id limit :limit`
                  : `select id::text as id from schema_changes where workspace_id = :workspaceId and created_at > :since
                      order by created_at desc, id desc limit :limit`,
            { workspaceId, ...range },
          ),
        )
      ).map(({ id }) => id),
  };
}
