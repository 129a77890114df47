import type { JobRecord } from '../../records.ts';
import type { TextQueryable } from '../pool.ts';
import { setColumns } from './set-columns.ts';

export type JobColumns = Partial<JobRecord & { failureCount: number; lastRunNumber: number }>;

/**
 * Sets columns of a job, in place of a deploy or the ends of its runs. Time after the completed interval is not
 * covered any more.
 */
export async function setJob(
  sql: Pick<TextQueryable, 'execute'>,
  job: { id: string } | { workspaceId: string; jobRef: string },
  columns: JobColumns,
): Promise<void> {
  await setColumns(sql, 'jobs', columns, job);
  if (columns.completedIntervalEnd === undefined) return;
  const [where, values] =
    'id' in job
      ? ['id = $2', [job.id]]
      : ['workspace_id = $2 and job_ref = $3', [job.workspaceId, job.jobRef]];
  await sql.execute(
    `update job_coverage set completed = completed * tstzmultirange(tstzrange(null, coalesce($1::timestamptz, '-infinity')))
      where job_id = (select id from jobs where ${where})`,
    [columns.completedIntervalEnd, ...values],
  );
}

/** Reads all columns of a workspace's jobs, to compare them with a later state. */
export function readJobRows(sql: Pick<TextQueryable, 'query'>, workspaceId: string): Promise<object[]> {
  return sql.query('select * from jobs where workspace_id = $1 order by id', [workspaceId]);
}

/** Removes the schedules of all jobs. */
export async function removeSchedules(sql: Pick<TextQueryable, 'execute'>): Promise<void> {
  await sql.execute('delete from schedules');
}
