import type { Queryable } from '../pool.ts';
import type { HoldTarget, PipelineHold } from '../../../domain/pipelines/pipeline-holds.ts';
import { named } from '../statements/named.ts';

/** The run of an attempt that asks for a hold; none of this ever changes. */
export interface HoldingRun {
  workspaceId: string;
  jobRunId: string;
  configurationId: string;
  profile: string;
  jobRef: string;
}

/** The attempt that asks for a hold. */
export interface HoldingAttempt extends HoldingRun {
  isBegun: boolean;
  /** Closed, or the end of its code is recorded. */
  isOver: boolean;
  /** Of its run. */
  waitReason: string | null;
}

/** A hold or a waiting request of an open attempt, with the run that members of the workspace know it by. */
export interface StoredHold extends PipelineHold {
  runNumber: number;
  jobRef: string;
  heldAt: Date | null;
}

/** Attempts whose holds count: user code may still write. */
const isOpen = 'attempts.closed_at is null and attempts.exit is null';

/** Stores what attempts may write alone, and who waits for it. */
export function createPipelineHoldStore(sql: Queryable) {
  return {
    findAttempt: (attemptId: string) =>
      sql.maybeOnePrepared<HoldingAttempt>(
        named(
          `select job_runs.workspace_id as "workspaceId", job_runs.id as "jobRunId",
                  job_runs.configuration_id as "configurationId", job_runs.profile, jobs.job_ref as "jobRef",
                  job_runs.wait_reason as "waitReason",
                  attempts.begun_at is not null as "isBegun",
                  attempts.closed_at is not null or attempts.exit is not null as "isOver"
             from attempts join job_runs on job_runs.id = attempts.job_run_id join jobs on jobs.id = job_runs.job_id
            where attempts.id = :attemptId`,
          { attemptId },
        ),
      ),

    /**
     * Gives an open attempt all targets, if no other attempt holds or waits for one of them. One statement takes the
     * lock, decides and stores.
     * @returns false if nothing was stored: `decideHold` decides, or the attempt is over
     */
    async take(
      { attemptId, workspaceId }: { attemptId: string; workspaceId: string },
      targets: readonly HoldTarget[],
      maxTargets: number,
    ): Promise<boolean> {
      const [row] = await sql.prepared<{ isTaken: boolean }>(
        named(`select take_pipeline_holds(:attemptId, :workspaceId, :targets, :maxTargets) as "isTaken"`, {
          attemptId,
          workspaceId,
          targets: JSON.stringify(targets),
          maxTargets,
        }),
      );
      return row?.isTaken === true;
    },

    /** Makes other requests of the workspace wait until the transaction ends. No other lock is taken after it, except the run's. */
    lock: (workspaceId: string) =>
      sql.executePrepared(
        named(`select pg_advisory_xact_lock(hashtext('pumphouse: pipeline holds'), hashtext(:workspaceId))`, {
          workspaceId,
        }),
      ),

    /**
     * Lists the holds and requests of a workspace. A request of a run that no server can see does not count, so
     * that it blocks no other; its holds do.
     */
    listOpen: (workspaceId: string) =>
      sql.prepared<StoredHold>(
        named(
          `select holds.attempt_id as "attemptId", holds.kind, holds.profile, holds.name, holds.destination, holds.ticket,
                  holds.held_at is not null as "isHeld", holds.held_at as "heldAt", job_runs.number as "runNumber",
                  jobs.job_ref as "jobRef"
             from pipeline_holds holds join attempts on attempts.id = holds.attempt_id
             join job_runs on job_runs.id = attempts.job_run_id join jobs on jobs.id = job_runs.job_id
            where holds.workspace_id = :workspaceId and ${isOpen}
              and (holds.held_at is not null or job_runs.unknown_since is null)
            order by holds.ticket`,
          { workspaceId },
        ),
      ),

    /** Counts the runs of the installation whose code waits for a hold, and the longest of their waits. */
    summarizeWaits: () =>
      sql.one<{ runs: number; maxSeconds: number }>(
        `select count(distinct holds.attempt_id)::int as runs,
                coalesce(max(extract(epoch from now() - holds.asked_at)), 0)::float8 as "maxSeconds"
           from pipeline_holds holds join attempts on attempts.id = holds.attempt_id
           join job_runs on job_runs.id = attempts.job_run_id
          where holds.held_at is null and ${isOpen} and job_runs.unknown_since is null`,
      ),

    /** Removes what counts no more, because its attempt is over. */
    removeEnded: (workspaceId: string) =>
      sql.executePrepared(
        named(
          `delete from pipeline_holds holds using attempts
            where holds.workspace_id = :workspaceId and attempts.id = holds.attempt_id and not (${isOpen})`,
          { workspaceId },
        ),
      ),

    async nextTicket(): Promise<number> {
      const { ticket } = await sql.one<{ ticket: number }>(
        `select nextval('pipeline_hold_tickets') as ticket`,
      );
      return ticket;
    },

    /** Stores targets of an attempt as held or waiting. What it holds already stays held. */
    put: (
      attempt: { attemptId: string; workspaceId: string },
      targets: readonly HoldTarget[],
      { ticket, isHeld }: { ticket: number; isHeld: boolean },
    ) =>
      sql.executePrepared(
        named(
          `insert into pipeline_holds (attempt_id, workspace_id, kind, profile, name, destination, ticket, held_at)
           select :attemptId, :workspaceId, asked.kind, asked.profile, asked.name, asked.destination, :ticket,
                  case when :isHeld then now() end
             from json_to_recordset(:targets) as asked (kind text, profile text, name text, destination text)
           on conflict (attempt_id, kind, profile, name, destination)
              do update set held_at = coalesce(pipeline_holds.held_at, excluded.held_at)`,
          { ...attempt, targets: JSON.stringify(targets), ticket, isHeld },
        ),
      ),

    /** Removes the waiting requests of an attempt for these targets. */
    withdraw: (attemptId: string, targets: readonly HoldTarget[]) =>
      sql.executePrepared(
        named(
          `delete from pipeline_holds holds
            using json_to_recordset(:targets) as asked (kind text, profile text, name text, destination text)
            where holds.attempt_id = :attemptId and holds.held_at is null and holds.kind = asked.kind
              and holds.profile = asked.profile and holds.name = asked.name and holds.destination = asked.destination`,
          { attemptId, targets: JSON.stringify(targets) },
        ),
      ),

    /** Shows what the code of a running run waits for; null: nothing. */
    setWaitReason: (jobRunId: string, reason: string | null) =>
      sql.executePrepared(
        named(
          `update job_runs set wait_reason = :reason, updated_at = now()
            where id = :jobRunId and status = 'running' and wait_reason is distinct from :reason`,
          { jobRunId, reason },
        ),
      ),
  };
}
