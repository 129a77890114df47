import type { JobRunRecord } from '../runs/job-run-record.ts';
import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';
import { runColumns } from '../runs/job-run-record.ts';

/** The run of an admitted attempt, with what the start of its code needs. */
export interface AdmittedRun extends JobRunRecord {
  organizationId: string;
  /** A JSON text; null if the run has no input. */
  input: string | null;
  /** Pending packages in its local data that members have asked to drop; 200 at most. */
  unwantedPackages: { pipelineName: string; loadId: string }[];
}

/** What decides whether an attempt gets its files, and which. */
export interface FilesOfAttempt {
  isBegun: boolean;
  hasStarted: boolean;
  isClosed: boolean;
  workspaceId: string;
  deploymentId: string;
  configurationId: string;
  profile: string;
}

const admittedColumns = `${runColumns}, workspaces.organization_id as "organizationId", job_runs.input::text as input,
  to_json(array(select json_build_object('pipelineName', pipeline_name, 'loadId', load_id) from pending_packages
         where pending_packages.workspace_id = job_runs.workspace_id and pending_packages.profile = job_runs.profile
           and pending_packages.worker_id is not distinct from job_runs.worker_id
           and state = 'pending' and drop_requested_at is not null order by id limit 200)) as "unwantedPackages"`;

/** Stores the admission of attempts, and reads what only admitted attempts get. */
export function createAdmissionStore(sql: Queryable) {
  return {
    /**
     * Admits a bootstrap and begins its run, in one statement, which locks the run before the attempt.
     * @param podUid of a bootstrap in a pod: the stored handle must be that of the same pod
     * @returns undefined unless the claim is valid, the run waits for its start, no bootstrap was admitted before, and no
     * files of its local data are being moved
     */
    admit: (attemptId: string, claimNumber: number, nonce: string, podUid: string | null) =>
      sql.maybeOnePrepared<AdmittedRun>(
        named(
          `with held as (
             select id from job_runs
              where id = (select job_run_id from attempts where id = :attemptId)
                and status = 'starting' and claim_number = :claimNumber
                and not exists (select from local_data_resets resets
                                 where resets.workspace_id = job_runs.workspace_id and resets.profile = job_runs.profile
                                   and resets.moving_until > now()) for update),
           open as (
             select attempts.id, attempts.job_run_id from held join attempts on attempts.job_run_id = held.id
              where attempts.id = :attemptId and attempts.claim_number = :claimNumber and attempts.begun_by is null
                and attempts.closed_at is null
                and (cast(:podUid as text) is null or attempts.handle->'data'->>'podUid' = cast(:podUid as text))
                for update of attempts),
           begun as (
             update attempts set begun_by = :nonce, begun_at = coalesce(begun_at, now())
               from open where attempts.id = open.id),
           running as (
             update job_runs set status = 'running', started_at = coalesce(started_at, now()),
                    waited_for = coalesce(wait_reason, waited_for), wait_reason = null, wait_kind = null, updated_at = now()
               from open where job_runs.id = open.job_run_id returning job_runs.*)
           select ${admittedColumns} from running as job_runs join workspaces on workspaces.id = job_runs.workspace_id`,
          { attemptId, claimNumber, nonce, podUid },
        ),
      ),

    /** Reads a run that is admitted already, for a bootstrap that repeats its request. */
    readAdmitted: (jobRunId: string) =>
      sql.maybeOne<AdmittedRun>(
        named(
          `select ${admittedColumns} from job_runs join workspaces on workspaces.id = job_runs.workspace_id
            where job_runs.id = :jobRunId`,
          { jobRunId },
        ),
      ),

    readFiles: (attemptId: string) =>
      sql.maybeOnePrepared<FilesOfAttempt>(
        named(
          `select attempts.begun_at is not null as "isBegun",
                  attempts.started_at is not null or attempts.exit is not null as "hasStarted",
                  attempts.closed_at is not null as "isClosed", job_runs.workspace_id as "workspaceId",
                  job_runs.deployment_id as "deploymentId", job_runs.configuration_id as "configurationId", job_runs.profile
             from attempts join job_runs on job_runs.id = attempts.job_run_id where attempts.id = :attemptId`,
          { attemptId },
        ),
      ),
  };
}
