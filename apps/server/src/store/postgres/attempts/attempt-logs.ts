import type { Queryable } from '../pool.ts';
import type { SpoolProgress } from './spools.ts';
import { named } from '../statements/named.ts';

/** An attempt with a log that retention has not removed. */
export interface AttemptLogExtent {
  id: string;
  logBytes: number;
  logLines: number;
  logSealed: boolean;
  logStoredBytes: number | null;
}

/** The length of a run's log. */
export interface LogExtent {
  jobRunId: string;
  /** Lines of all attempts. */
  lineCount: number;
  /** The run has ended, so no more lines follow. */
  isComplete: boolean;
}

/** Stores how long the logs of attempts are, and what became of them. */
export function createAttemptLogStore(sql: Queryable) {
  return {
    /** Measures the logs of runs, counted like `layOutLog` (domain); unknown runs are omitted. */
    measureLogs: (jobRunIds: readonly string[]) =>
      sql.prepared<LogExtent>(
        named(
          `select job_runs.id as "jobRunId", job_runs.finished_at is not null as "isComplete",
                  case when job_runs.skip is not null then 1
                  else coalesce(sum(case when attempts.log_removed_at is null then attempts.log_lines else 1 end), 0)::int8
                  end as "lineCount"
             from job_runs left join attempts on attempts.job_run_id = job_runs.id
            where job_runs.id = any(:jobRunIds::uuid[]) group by job_runs.id`,
          { jobRunIds },
        ),
      ),

    /** Lists attempts with a log, in the order of their ids. */
    listWithLogs: (afterId: string | null, limit: number) =>
      sql.query<AttemptLogExtent>(
        named(
          `select id, log_bytes as "logBytes", log_lines as "logLines", log_sealed as "logSealed",
                  log_stored_bytes as "logStoredBytes"
             from attempts
            where log_bytes > 0 and log_removed_at is null and (:afterId::uuid is null or id > :afterId)
            order by id limit :limit`,
          { afterId, limit },
        ),
      ),

    saveLogProgress: (
      attemptId: string,
      { logBytes, logLines }: Pick<SpoolProgress, 'logBytes' | 'logLines'>,
    ) =>
      sql.executePrepared(
        named('update attempts set log_bytes = :logBytes, log_lines = :logLines where id = :attemptId', {
          attemptId,
          logBytes,
          logLines,
        }),
      ),

    /** @param storedBytes disk size of the compressed log; null if there is none */
    markSealed: (attemptId: string, storedBytes: number | null) =>
      sql.executePrepared(
        named(
          'update attempts set log_sealed = true, log_stored_bytes = :storedBytes where id = :attemptId',
          { attemptId, storedBytes },
        ),
      ),
  };
}
