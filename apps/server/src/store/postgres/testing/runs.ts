import type { Claim } from '../attempts/claim.ts';
import type { JobRunRecord } from '../../records.ts';
import type { TextQueryable } from '../pool.ts';
import { setColumns } from './set-columns.ts';

type Sql = Pick<TextQueryable, 'execute' | 'one'>;

/** Columns of a run. Its record lacks some of them. */
export type RunColumns = Partial<JobRunRecord> & {
  tickAt?: Date;
  claimedBy?: string | null;
  leaseExpiresAt?: Date | null;
  workerId?: string | null;
};

/** Sets columns of a run, in place of a supervisor, a user or the time. */
export function setRun(sql: Sql, jobRunId: string, columns: RunColumns): Promise<void> {
  return setColumns(sql, 'job_runs', columns, { id: jobRunId });
}

/** Claims a run, whatever its status. */
export function claimRun(sql: Sql, jobRunId: string): Promise<Claim> {
  return sql.one<Claim>(
    `update job_runs set status = 'starting', claim_number = claim_number + 1, updated_at = now() where id = $1
     returning id as "jobRunId", claim_number as "claimNumber"`,
    [jobRunId],
  );
}

interface RunClaim {
  status: JobRunRecord['status'];
  claimNumber: number;
  claimedBy: string | null;
  leaseExpiresAt: Date | null;
}

/** Reads which servers have claimed runs, which records of runs do not contain. */
export function readClaims(
  sql: Pick<TextQueryable, 'query'>,
  jobRunIds: readonly string[],
): Promise<RunClaim[]> {
  return sql.query<RunClaim>(
    `select status, claim_number as "claimNumber", claimed_by as "claimedBy", lease_expires_at as "leaseExpiresAt"
       from job_runs where id = any($1)`,
    [jobRunIds],
  );
}

/** Moves the end of a run, its attempts and their telemetry into the past. */
export async function ageRun(sql: Sql, jobRunId: string, days: number): Promise<void> {
  const values = [jobRunId, days];
  await sql.execute(
    'update job_runs set finished_at = finished_at - make_interval(days => $2) where id = $1',
    values,
  );
  await sql.execute(
    `update attempts set created_at = created_at - make_interval(days => $2),
            finished_at = finished_at - make_interval(days => $2) where job_run_id = $1`,
    values,
  );
  await sql.execute(
    `update beacon_bodies set received_at = received_at - make_interval(days => $2)
      where attempt_id in (select id from attempts where job_run_id = $1)`,
    values,
  );
}

/** Ends the runs that a test left, so that the next test's servers and limits do not count them. */
export async function endOpenRuns(sql: Sql): Promise<void> {
  await sql.execute(
    `update job_runs set status = 'failed', is_queued = false, finished_at = now() where finished_at is null`,
  );
}

type RunCopy = Pick<RunColumns, 'status' | 'isQueued' | 'createdAt' | 'startedAt' | 'finishedAt'>;

/**
 * Adds copies of a run under the next numbers of its job: more than a test can start.
 * @param describe returns the columns in which a copy differs; its number counts from 1
 * @returns the ids of the copies
 */
export async function copyRun(
  sql: Pick<TextQueryable, 'query'>,
  jobRunId: string,
  count: number,
  describe: (copyNumber: number) => RunCopy,
): Promise<string[]> {
  const copies = Array.from({ length: count }, (_, index) => ({ n: index + 1, ...describe(index + 1) }));
  const rows = await sql.query<{ id: string }>(
    `insert into job_runs (workspace_id, job_id, job_version_id, deployment_id, configuration_id, number, status, trigger,
                           trigger_kind, profile, is_queued, created_at, started_at, finished_at)
     select model.workspace_id, model.job_id, model.job_version_id, model.deployment_id, model.configuration_id,
            (select max(number) from job_runs where job_id = model.job_id) + copy.n, coalesce(copy.status, model.status),
            model.trigger, model.trigger_kind, model.profile, coalesce(copy."isQueued", false),
            coalesce(copy."createdAt", now()), copy."startedAt", copy."finishedAt"
       from job_runs as model
      cross join json_to_recordset($2) as copy (n int, status text, "isQueued" boolean, "createdAt" timestamptz,
                                                "startedAt" timestamptz, "finishedAt" timestamptz)
      where model.id = $1 returning id`,
    [jobRunId, JSON.stringify(copies)],
  );
  return rows.map(({ id }) => id);
}
