import type { JobRecord } from './job-records.ts';
import type { Queryable } from '../pool.ts';
import type { Statement } from '../statements/named.ts';
import { named } from '../statements/named.ts';
import { selectDeployedJobs, selectJobs } from './job-columns.ts';
import { withDefinitions } from './parse-definitions.ts';

/** Shorter than a lease, because a suspended server blocks ticks and ends of runs for the others. */
const maxStandstillSeconds = 10;
/** Part of statements that lock jobs: Postgres ends the transaction if it is idle for this long. */
const boundStandstill = `set_config('idle_in_transaction_session_timeout', '${maxStandstillSeconds}s', true)`;

/** Selects and locks jobs. A text of its own for one job, the usual case: Postgres plans one with an array each time. */
function selectForRuns(jobIds: readonly string[]): Statement {
  const lockIt = `and ${boundStandstill} is not null order by jobs.id for update of jobs`;
  const [jobId] = jobIds;
  return jobIds.length === 1
    ? named(`${selectJobs} where jobs.id = :jobId ${lockIt}`, { jobId })
    : named(`${selectJobs} where jobs.id = any(:jobIds) ${lockIt}`, { jobIds });
}

/** Locks jobs: their lock serializes the decisions about their runs. */
export function createJobLocks(sql: Queryable) {
  const queryPreparedJobs = (statement: Statement) => withDefinitions(sql.prepared<JobRecord>(statement));

  /**
   * Locks jobs in id order, so that start decisions with common jobs wait for each other instead of
   * deadlocking. Reads them after locking: a single statement would omit a job whose version a deploy
   * changed meanwhile.
   */
  async function lock(jobIds: readonly string[]): Promise<JobRecord[]> {
    await sql.executePrepared(
      named(`select ${boundStandstill} from jobs where id = any(:jobIds) order by id for update`, {
        jobIds,
      }),
    );
    return queryPreparedJobs(
      named(`${selectJobs} where jobs.id = any(:jobIds) order by jobs.id`, { jobIds }),
    );
  }

  return {
    lock,

    /**
     * Locks jobs like `lock`, in one statement, for starts and ends of runs. What other tables say about a
     * job (its next tick, link and port) may be as old as the statement.
     */
    async lockForRuns(jobIds: readonly string[]) {
      const locked = await queryPreparedJobs(selectForRuns(jobIds));
      return locked.length === jobIds.length ? locked : lock(jobIds);
    },

    /**
     * Locks every job of a workspace, in id order, which prevents start decisions meanwhile.
     * @returns the deployed ones, newest first
     */
    async lockAll(workspaceId: string) {
      await sql.execute(
        named(
          `select ${boundStandstill} from jobs where workspace_id = :workspaceId order by id for update`,
          { workspaceId },
        ),
      );
      return withDefinitions(sql.query<JobRecord>(selectDeployedJobs(workspaceId)));
    },

    /** Locks jobs without waiting; returns the ids of those whose lock no other transaction holds. */
    tryLock: async (jobIds: readonly string[]) => {
      const rows = await sql.prepared<{ id: string }>(
        named(
          `select id, ${boundStandstill} from jobs where id = any(:jobIds) order by id for update skip locked`,
          {
            jobIds,
          },
        ),
      );
      return rows.map(({ id }) => id);
    },
  };
}
