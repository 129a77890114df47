import type { Claim } from '../attempts/claim.ts';
import type { FailureReason } from '../../../domain/runs/failure-reason.ts';
import type { JobRunFilter } from './job-run-filter.ts';
import type { Queryable } from '../pool.ts';
import type { ActiveRunState, RunState } from '@pumphouse/contract';
import type { WaitKind } from '../../../domain/runs/wait-reason.ts';
import { columns } from '../statements/columns.ts';
import { listJobRuns } from './job-run-list.ts';
import { addEvents } from '../outbox.ts';
import { addUsage } from '../workspaces/usage.ts';
import { named } from '../statements/named.ts';

export interface RunFailure {
  code: string;
  detail: string;
}

/** Consecutive skipped starts with the same reason. */
export interface RunSkip {
  /** A SkipStatus of domain/runs/start-decision. */
  status: string;
  /** The reasons of the last one. */
  reasons: string[];
  count: number;
  /** ISO 8601; times of the first and the last skip. */
  firstAt: string;
  lastAt: string;
}

/**
 * Why the server ends a started run: requested, timed out, or an app that is unused, replaced, never
 * listened, or frees a slot.
 */
export type EndIntent = 'cancel' | 'timeout' | 'idle' | 'replaced' | 'silent' | 'room';

export interface JobRunRecord {
  id: string;
  workspaceId: string;
  jobId: string;
  jobVersionId: string;
  deploymentId: string;
  configurationId: string;
  number: number;
  status: RunState;
  trigger: string;
  triggerKind: string;
  triggeredBy: string | null;
  profile: string;
  refresh: boolean;
  intervalStart: Date | null;
  intervalEnd: Date | null;
  previousJobRunId: string | null;
  /** The backfill whose window it loads; null: none. */
  backfillId: string | null;
  /** The number of that window. */
  backfillWindow: number | null;
  /** It only finishes pending load packages of these pipelines; null: a usual run. */
  finishesPending: string[] | null;
  sharesLocalData: boolean;
  failure: RunFailure | null;
  /** Why its last attempt failed, from its output; null if the failure's code is all that is known. */
  reason: FailureReason | null;
  /** Only for a row of skipped starts. */
  skip: RunSkip | null;
  endIntent: EndIntent | null;
  claimNumber: number;
  waitNoted: boolean;
  /** A run of an interactive job. */
  isApp: boolean;
  /** Earliest time for a claim; null if it may be claimed at once. */
  notBefore: Date | null;
  /** Pending runs only: it waits for a slot of its job or organization. */
  isQueued: boolean;
  /** Describes what it waits for; for an obsolete run, why it was cancelled. */
  waitReason: string | null;
  /** The kind of that wait; null if no supervisor has examined it. */
  waitKind: WaitKind | null;
  /**
   * Since when its supervisor has been unable to observe the location of its attempt; null if it can. Kept
   * when the run ends.
   */
  unknownSince: Date | null;
  /** Why the supervisor cannot observe it. */
  unknownDetail: string | null;
  priority: number;
  skipFreshness: boolean;
  /** Deadline: a run that has not started by then fails. */
  startBy: Date | null;
  createdAt: Date;
  updatedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export type NewJobRun = Pick<
  JobRunRecord,
  | 'workspaceId'
  | 'jobId'
  | 'jobVersionId'
  | 'deploymentId'
  | 'configurationId'
  | 'trigger'
  | 'triggerKind'
  | 'triggeredBy'
  | 'profile'
  | 'refresh'
  | 'intervalStart'
  | 'intervalEnd'
  | 'previousJobRunId'
  | 'backfillId'
  | 'backfillWindow'
  | 'sharesLocalData'
  | 'isApp'
  | 'isQueued'
  | 'waitReason'
  | 'priority'
  | 'skipFreshness'
  | 'startBy'
> & {
  tickAt: Date | null;
  /** Of a job that the server created for itself. */
  isInternal: boolean;
  /** How often users have retried the window of a backfill. */
  backfillRound: number | null;
};

/** One of the newest runs of a job, as in a list of jobs. */
export type RecentRun = Pick<
  JobRunRecord,
  'id' | 'jobId' | 'number' | 'status' | 'createdAt' | 'startedAt' | 'finishedAt'
> & {
  rowsLoaded: number | null;
};

/** A run that was started by the end of another run. */
export type DownstreamRun = Pick<
  JobRunRecord,
  'id' | 'jobId' | 'number' | 'status' | 'trigger' | 'startedAt' | 'finishedAt' | 'createdAt'
> & { previousJobRunId: string; jobRef: string; displayName: string | null; category: string | null };

/** All columns of a job run. */
export const runColumns = columns('job_runs', [
  'id',
  'workspace_id',
  'job_id',
  'job_version_id',
  'deployment_id',
  'configuration_id',
  'number',
  'status',
  'trigger',
  'trigger_kind',
  'triggered_by',
  'profile',
  'refresh',
  'interval_start',
  'interval_end',
  'previous_job_run_id',
  'backfill_id',
  'backfill_window',
  'finishes_pending',
  'shares_local_data',
  'failure',
  'reason',
  'skip',
  'end_intent',
  'claim_number',
  'wait_noted',
  'is_app',
  'not_before',
  'is_queued',
  'wait_reason',
  'wait_kind',
  'unknown_since',
  'unknown_detail',
  'priority',
  'skip_freshness',
  'start_by',
  'created_at',
  'updated_at',
  'started_at',
  'finished_at',
]);

export type JobRunStore = ReturnType<typeof createJobRunStore>;

/**
 * Stores job runs. Only `start-runs` inserts rows and only `finish-run` ends them; claims are in `claims.ts`.
 */
export function createJobRunStore(sql: Queryable) {
  async function insert(run: NewJobRun, status: RunState, skip: RunSkip | null) {
    const [row] = await sql.prepared<JobRunRecord>(
      named(
        `with numbered as (
           update jobs set last_run_number = last_run_number + 1 where id = :jobId returning last_run_number),
         inserted as (insert into job_runs (workspace_id, job_id, job_version_id, deployment_id, configuration_id, number, status, trigger,
                               trigger_kind, tick_at, triggered_by, profile, refresh, interval_start, interval_end,
                               previous_job_run_id, shares_local_data, is_queued, wait_reason, priority, skip_freshness, start_by,
                               skip, is_app, is_internal, backfill_id, backfill_window, backfill_round, finished_at, required_labels)
         values (:workspaceId, :jobId, :jobVersionId, :deploymentId, :configurationId, (select last_run_number from numbered), :status, :trigger,
                 :triggerKind, :tickAt, :triggeredBy, :profile, :refresh, :intervalStart, :intervalEnd, :previousJobRunId,
                 :sharesLocalData, :isQueued, :waitReason, :priority, :skipFreshness, :startBy, :skip, :isApp, :isInternal, :backfillId, :backfillWindow, :backfillRound,
                 case when :status = 'skipped' then now() end,
                 (select labels from (select (definition->'require'->'instance'->'labels')::jsonb as labels from job_versions where id = :jobVersionId) as required
                   where jsonb_typeof(labels) = 'object' and labels <> '{}'))
         on conflict (job_id, trigger, tick_at) where tick_at is not null do nothing
         returning *),
         ${addEvents('job_run.created', "inserted where status = 'pending'")}
         select ${runColumns} from inserted as job_runs left join announced on true`,
        { ...run, status, skip },
      ),
    );
    return row;
  }

  return {
    /**
     * Inserts a run with the next number of its job, whose row is locked, and the event of it. Undefined if
     * the tick already has a run.
     */
    insert: (run: NewJobRun) => insert(run, 'pending', null),

    /** Inserts a row for a skipped start, of which nothing will run. */
    insertSkipped: (run: NewJobRun, skip: RunSkip) => insert(run, 'skipped', skip),

    /** Records that the same start was skipped again. */
    repeatSkip: (jobRunId: string, skip: RunSkip) =>
      sql.execute(
        named(
          'update job_runs set skip = :skip, finished_at = now(), updated_at = now() where id = :jobRunId',
          { jobRunId, skip },
        ),
      ),

    /** Finds the run with the highest number of a job. */
    async newestOfJob(jobId: string) {
      const [row] = await sql.prepared<JobRunRecord>(
        named(`select ${runColumns} from job_runs where job_id = :jobId order by number desc limit 1`, {
          jobId,
        }),
      );
      return row;
    },

    /** Finds the last completed run of a job before this number. */
    lastCompletedBefore: (jobId: string, number: number) =>
      sql.maybeOne<JobRunRecord>(
        named(
          `select ${runColumns} from job_runs where job_id = :jobId and number < :number and status = 'completed'
            order by number desc limit 1`,
          { jobId, number },
        ),
      ),

    get: (workspaceId: string, jobRunId: string) =>
      sql.maybeOnePrepared<JobRunRecord>(
        named(`select ${runColumns} from job_runs where workspace_id = :workspaceId and id = :jobRunId`, {
          workspaceId,
          jobRunId,
        }),
      ),

    /** Lists these runs, of any workspace. */
    listByIds: (jobRunIds: readonly string[]) =>
      sql.prepared<JobRunRecord>(
        named(`select ${runColumns} from job_runs where id = any(:jobRunIds::uuid[])`, { jobRunIds }),
      ),

    /** Sets the input of a new run, a JSON text. */
    setInput: (jobRunId: string, input: string) =>
      sql.execute(named('update job_runs set input = :input where id = :jobRunId', { jobRunId, input })),

    /**
     * Reads the JSON text of a run's input; null if it has none. It may be large, so lists do not contain it.
     */
    async readInput(jobRunId: string) {
      const row = await sql.maybeOnePrepared<{ input: string | null }>(
        named('select input::text from job_runs where id = :jobRunId', { jobRunId }),
      );
      return row?.input ?? null;
    },

    async find(jobRunId: string) {
      const [row] = await sql.prepared<JobRunRecord>(
        named(`select ${runColumns} from job_runs where id = :jobRunId`, { jobRunId }),
      );
      return row;
    },

    async lock(jobRunId: string) {
      const [row] = await sql.prepared<JobRunRecord>(
        named(`select ${runColumns} from job_runs where id = :jobRunId for update`, { jobRunId }),
      );
      return row;
    },

    list: (workspaceId: string, filter: JobRunFilter) =>
      listJobRuns<JobRunRecord>(sql, runColumns, workspaceId, filter),

    /**
     * Lists the newest runs of each job, newest first, with the rows that their pipeline runs loaded (null if
     * none reported).
     */
    recentOfJobs: (jobIds: readonly string[], limit: number) =>
      sql.query<RecentRun>(
        named(
          `select ${columns('recent', ['id', 'job_id', 'number', 'status', 'created_at', 'started_at', 'finished_at'])},
                  (select sum(total_rows_loaded)::bigint from pipeline_runs where job_run_id = recent.id) as "rowsLoaded"
             from unnest(:jobIds::uuid[]) as asked (job_id)
             cross join lateral (select * from job_runs where job_runs.job_id = asked.job_id
                                  order by created_at desc, id desc limit :limit) as recent
            order by recent.created_at desc, recent.id desc`,
          { jobIds, limit },
        ),
      ),

    /**
     * Lists the runs started by the end of each of these runs, newest first; with a category, only runs of
     * jobs that declare it.
     */
    downstreamOf: (jobRunIds: readonly string[], options: { limit: number; category: string | null }) =>
      sql.query<DownstreamRun>(
        named(
          `select started.* from unnest(:jobRunIds::uuid[]) as asked (job_run_id)
             cross join lateral (
               select job_runs.id, job_runs.previous_job_run_id as "previousJobRunId", job_runs.job_id as "jobId",
                      job_runs.number, job_runs.status, job_runs.trigger, job_runs.started_at as "startedAt",
                      job_runs.finished_at as "finishedAt", job_runs.created_at as "createdAt", jobs.job_ref as "jobRef",
                      job_versions.definition->'expose'->>'display_name' as "displayName",
                      job_versions.definition->'expose'->>'category' as category
                 from job_runs join jobs on jobs.id = job_runs.job_id
                 join job_versions on job_versions.id = job_runs.job_version_id
                where job_runs.previous_job_run_id = asked.job_run_id
                  and (:category::text is null or job_versions.definition->'expose'->>'category' = :category)
                order by job_runs.created_at desc, job_runs.id desc limit :limit) as started
            order by started."createdAt" desc, started.id desc`,
          { jobRunIds, limit: options.limit, category: options.category },
        ),
      ),

    /**
     * Counts the active runs of each job, without queued ones, and those of backfills among them; also returns
     * whether there are queued ones.
     */
    countActive: async (jobIds: readonly string[]) => {
      const rows = await sql.prepared<{
        jobId: string;
        count: number;
        backfillCount: number;
        queuedCount: number;
      }>(
        named(
          `select job_id as "jobId", (count(*) filter (where not is_queued))::int as count,
                  (count(backfill_id) filter (where not is_queued))::int as "backfillCount",
                  (count(*) filter (where is_queued))::int as "queuedCount"
             from job_runs
            where job_id = any(:jobIds) and status in ('pending', 'starting', 'running', 'cancelling') group by job_id`,
          { jobIds },
        ),
      );
      return {
        activeCounts: new Map(rows.map((row) => [row.jobId, row.count])),
        backfillCounts: new Map(rows.map((row) => [row.jobId, row.backfillCount])),
        hasQueued: rows.some((row) => row.queuedCount > 0),
      };
    },

    findActive: (jobId: string) =>
      sql.maybeOne<JobRunRecord>(
        named(
          `select ${runColumns} from job_runs where job_id = :jobId and status in ('pending', 'starting', 'running', 'cancelling')
            order by created_at limit 1`,
          { jobId },
        ),
      ),

    /** Lists the ids of unclaimed runs of these jobs, oldest first. */
    listPending: async (jobIds: readonly string[]) => {
      const rows = await sql.query<{ id: string }>(
        named(
          `select id from job_runs where job_id = any(:jobIds) and status = 'pending' order by created_at, id`,
          { jobIds },
        ),
      );
      return rows.map((row) => row.id);
    },

    latestOfJobs: async (jobIds: readonly string[]) => {
      // One index probe for each job: `distinct on` would read all runs of the jobs.
      const rows = await sql.prepared<JobRunRecord>(
        named(
          `select ${runColumns} from unnest(:jobIds::uuid[]) as asked (job_id)
             cross join lateral (select * from job_runs where job_runs.job_id = asked.job_id
                                  order by created_at desc, id desc limit 1) as job_runs`,
          { jobIds },
        ),
      );
      return new Map(rows.map((row) => [row.jobId, row]));
    },

    /**
     * Changes the state by compare-and-set; returns false if the run is no longer in one of the `from`
     * states.
     */
    async transition(
      jobRunId: string,
      from: readonly ActiveRunState[],
      to: RunState,
      intent: JobRunRecord['endIntent'] = null,
    ) {
      const touched = await sql.execute(
        named(
          `update job_runs set status = :to, end_intent = coalesce(end_intent, :intent), updated_at = now()
            where id = :jobRunId and status = any(:from)`,
          { jobRunId, from, to, intent },
        ),
      );
      return touched === 1;
    },

    /** Records a stop that the run's supervisor decided; returns false if the run is already being ended. */
    async setEndIntent(claim: Claim, intent: Exclude<EndIntent, 'cancel'>) {
      const touched = await sql.execute(
        named(
          `update job_runs set end_intent = :intent, updated_at = now()
            where id = :jobRunId and claim_number = :claimNumber and status = 'running' and end_intent is null`,
          { jobRunId: claim.jobRunId, claimNumber: claim.claimNumber, intent },
        ),
      );
      return touched === 1;
    },

    /**
     * Makes the run wait for its retry, and resets its claims and end requests.
     * @returns when the retry may start; undefined if the run was no longer in one of the `from` states
     */
    async waitForRetry(jobRunId: string, from: readonly RunState[], afterSeconds: number, reason: string) {
      const row = await sql.maybeOne<{ notBefore: Date }>(
        named(
          `update job_runs set status = 'pending', not_before = now() + make_interval(secs => :afterSeconds), wait_reason = :reason,
                  wait_kind = 'retry', wait_noted = true, end_intent = null, lease_expires_at = null, unknown_since = null,
                  unknown_detail = null, updated_at = now()
            where id = :jobRunId and status = any(:from)
          returning not_before as "notBefore"`,
          { jobRunId, from, afterSeconds, reason },
        ),
      );
      return row?.notBefore;
    },

    /**
     * Ends a run, counts it as used, and adds its event; returns false if it has already ended. `waitReason`
     * explains the end of a run that has no log.
     */
    async end(
      jobRunId: string,
      from: readonly RunState[],
      to: RunState,
      failed: { failure: RunFailure; reason: FailureReason | null } | null,
      waitReason: string | null = null,
    ) {
      const touched = await sql.executePrepared(
        named(
          `with ended as (
             update job_runs set status = :to, failure = :failure, reason = :reason, finished_at = now(), updated_at = now(),
                    lease_expires_at = null, is_queued = false, not_before = null, wait_kind = null,
                    wait_reason = coalesce(:waitReason, case when is_queued then wait_reason end)
              where id = :jobRunId and status = any(:from) returning *),
           counted as (${addUsage('select * from ended')}),
           ${addEvents('job_run.finished', 'ended')}
           select from ended left join announced on true`,
          {
            jobRunId,
            from,
            to,
            failure: failed?.failure ?? null,
            reason: failed?.reason ?? null,
            waitReason,
          },
        ),
      );
      return touched === 1;
    },
  };
}
