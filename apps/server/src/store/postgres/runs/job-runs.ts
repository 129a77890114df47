import type { ActiveRunState, RunState } from '@pumphouse/contract';
import type { Claim } from '../attempts/claim.ts';
import type { EndIntent, JobRunRecord, NewJobRun, RunFailure, RunSkip } from './job-run-record.ts';
import type { FailureReason } from '../../../domain/runs/failure-reason.ts';
import type { JobRunFilter } from './job-run-filter.ts';
import type { Queryable } from '../pool.ts';
import { addEvents } from '../outbox.ts';
import { addUsage } from '../workspaces/usage.ts';
import { createRunsOfJobsStore } from './runs-of-jobs.ts';
import { listJobRuns } from './job-run-list.ts';
import { named } from '../statements/named.ts';
import { runColumns } from './job-run-record.ts';

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
    ...createRunsOfJobsStore(sql),

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
