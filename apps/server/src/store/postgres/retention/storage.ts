import type { Queryable } from '../pool.ts';
import { createStoredBodies } from './storage-bodies.ts';
import { createStoredEnvironments } from './storage-environments.ts';
import { createStoredLogs } from './storage-logs.ts';
import { createStoredPackages } from './storage-packages.ts';
import { createStoredRuns } from './storage-runs.ts';

/** A file that nobody looks for any more and that is still there. */
export type FileRemoval = { id: number } & (
  | { kind: 'blob'; target: { key: string } }
  | { kind: 'log'; target: { attemptId: string } }
  | { kind: 'environment'; target: { executor: string; path: string } }
);

export type StorageStore = ReturnType<typeof createStorageStore>;

/** What is kept, how much of it, and what of it may go. What is removed stays away: a row says so, or is gone itself. */
export function createStorageStore(sql: Queryable) {
  return {
    runs: createStoredRuns(sql),
    logs: createStoredLogs(sql),
    /** Bodies that are the trace of a pipeline run. */
    traces: createStoredBodies(sql, 'traces'),
    /** All other bodies. */
    beacons: createStoredBodies(sql, 'beacons'),
    packages: createStoredPackages(sql),
    environments: createStoredEnvironments(sql),

    /** True for the one server that may go round now; false when a round began less than so many seconds ago. */
    async takeRound(pauseSeconds: number) {
      const touched = await sql.execute(
        `update installation set retention_round_at = now()
          where retention_round_at is null or retention_round_at < now() - make_interval(secs => $1)`,
        [pauseSeconds],
      );
      return touched === 1;
    },

    listRemovals: (afterId: number, limit: number) =>
      sql.query<FileRemoval>(
        'select id, kind, target from storage_removals where id > $1 order by id limit $2',
        [afterId, limit],
      ),

    finishRemovals: (ids: readonly number[]) =>
      sql.execute('delete from storage_removals where id = any($1)', [ids]),
  };
}
