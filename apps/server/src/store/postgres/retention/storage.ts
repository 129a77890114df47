import type { StoredLocation } from '../environments/environments.ts';
import type { Queryable } from '../pool.ts';
import { createStoredBodies } from './storage-bodies.ts';
import { createStoredEnvironments, workerOf } from './storage-environments.ts';
import { createStoredLogs } from './storage-logs.ts';
import { createStoredPackages } from './storage-packages.ts';
import { createStoredRuns } from './storage-runs.ts';
import { backupSilenceSeconds } from '../backups/backups.ts';
import { named } from '../statements/named.ts';

/** A file that is no longer used and must be removed. */
export type FileRemoval = { id: number } & (
  | { kind: 'blob'; target: { key: string } }
  | { kind: 'log'; target: { attemptId: string } }
  | { kind: 'environment'; target: StoredLocation }
);

export type StorageStore = ReturnType<typeof createStorageStore>;

/**
 * Retention of stored data: how much there is, and what may be removed. Removed data is gone for good: a row
 * records the removal, or is itself removed.
 */
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

    /**
     * Returns true for the one server that may run retention now; false if a run started less than this many
     * seconds ago.
     */
    async takeRound(pauseSeconds: number) {
      const touched = await sql.execute(
        named(
          `update installation set retention_round_at = now()
            where retention_round_at is null or retention_round_at < now() - make_interval(secs => :pauseSeconds)`,
          { pauseSeconds },
        ),
      );
      return touched === 1;
    },

    /**
     * Lists nothing while a backup is running, which may still have to copy the files.
     * @param workerId null for all files that are not on the disk of a worker
     */
    listRemovals: (workerId: string | null, afterId: number, limit: number) =>
      sql.query<FileRemoval>(
        named(
          `select id, kind, target from storage_removals
            where id > :afterId and (not_before is null or not_before < now())
              and not exists (select from backups where status = 'running'
                                and seen_at > now() - make_interval(secs => :silenceSeconds))
              and (case kind when 'environment' then ${workerOf('target')} end) is not distinct from :workerId::text
            order by id limit :limit`,
          { workerId, afterId, limit, silenceSeconds: backupSilenceSeconds },
        ),
      ),

    finishRemovals: (ids: readonly number[]) =>
      sql.execute(named('delete from storage_removals where id = any(:ids)', { ids })),
  };
}
