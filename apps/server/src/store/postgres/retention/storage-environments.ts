import type { StoredLocation } from '../environments/environments.ts';
import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

export interface StoredEnvironment {
  key: string;
  location: StoredLocation;
  lastUsedAt: Date;
  /** Null until measured; a finished environment never changes. */
  sizeBytes: number | null;
  isNeeded: boolean;
}

/**
 * SQL that returns the worker on whose machine an environment is; null for environments of servers.
 * @param location expression of an EnvironmentLocation as JSON
 */
export const workerOf = (location: string) =>
  `(case when ${location}->>'executor' = 'worker' then split_part(${location}->>'path', '/', 1) end)`;

/**
 * Needed environments: those of active runs; those of the previous run of a job with an active run, which
 * will request it in a moment; the one last used in its organization on the same machine; and all, while an
 * attempt runs that started before uses were recorded.
 */
const isNeeded = `(
  exists (select 1 from job_runs join attempts on attempts.job_run_id = job_runs.id
           where job_runs.status in ('pending', 'starting', 'running', 'cancelling')
             and (attempts.environment_key = environments.key
                  or (attempts.environment_key is null and attempts.begun_at is not null)))
  or exists (select 1 from job_runs active cross join lateral (
               select attempts.environment_key from job_runs earlier join attempts on attempts.job_run_id = earlier.id
                where earlier.job_id = active.job_id and attempts.environment_key is not null
                order by earlier.number desc limit 1) as latest
              where active.status in ('pending', 'starting', 'running', 'cancelling')
                and latest.environment_key = environments.key)
  or not exists (select 1 from environments other
                  where other.organization_id = environments.organization_id and other.state = 'ready'
                    and ${workerOf('other.location')} is not distinct from ${workerOf('environments.location')}
                    and (other.last_used_at, other.key) > (environments.last_used_at, environments.key)))`;

/** Retention of finished environments. */
export function createStoredEnvironments(sql: Queryable) {
  return {
    /**
     * Longest unused first.
     * @param workerId null for environments of servers
     */
    list: (workerId: string | null) =>
      sql.query<StoredEnvironment>(
        named(
          `select key, location, last_used_at as "lastUsedAt", size_bytes as "sizeBytes", ${isNeeded} as "isNeeded"
             from environments
            where state = 'ready' and ${workerOf('location')} is not distinct from :workerId::text
            order by last_used_at, key`,
          { workerId },
        ),
      ),

    /** Forgets what a removed worker has on its disk, which no server reaches any more. */
    async forgetWorker(workerId: string) {
      await sql.execute(
        named(
          `delete from environments where state = 'ready' and ${workerOf('location')} = :workerId::text`,
          {
            workerId,
          },
        ),
      );
      await sql.execute(
        named(
          `delete from storage_removals where kind = 'environment' and ${workerOf('target')} = :workerId::text`,
          { workerId },
        ),
      );
    },

    saveSize: (key: string, path: string, sizeBytes: number) =>
      sql.execute(
        named(
          `update environments set size_bytes = :sizeBytes where key = :key and state = 'ready' and location->>'path' = :path`,
          { key, path, sizeBytes },
        ),
      ),

    /**
     * Removes environments, within a transaction. A run that requests one of them waits for the lock, finds
     * none and builds it again.
     * @returns the removed keys
     */
    async remove(keys: readonly string[]): Promise<string[]> {
      // A separate statement, so that the next one sees the uses that this one has waited for.
      await sql.execute(
        named('select 1 from environments where key = any(:keys) order by key for update', { keys }),
      );
      const rows = await sql.query<{ key: string }>(
        named(
          `with gone as (
             delete from environments where key = any(:keys) and state = 'ready' and not ${isNeeded} returning key, location
           ), noted as (
             insert into storage_removals (kind, target) select 'environment', to_jsonb(location) from gone
           )
           select key from gone`,
          { keys },
        ),
      );
      return rows.map((row) => row.key);
    },

    /**
     * Returns when an environment of each organization was last used.
     * @param workerId null for environments of servers
     */
    async listLastUses(workerId: string | null) {
      const rows = await sql.query<{ organizationId: string; lastUsedAt: Date }>(
        named(
          `select organization_id as "organizationId", max(last_used_at) as "lastUsedAt" from environments
            where ${workerOf('location')} is not distinct from :workerId::text group by organization_id`,
          { workerId },
        ),
      );
      return new Map(rows.map(({ organizationId, lastUsedAt }) => [organizationId, lastUsedAt]));
    },

    /**
     * Blocks builds of the organization until the transaction ends; returns true while one is in progress.
     */
    async holdBuilds(organizationId: string) {
      await sql.execute(
        named('select 1 from organizations where id = :organizationId for update', { organizationId }),
      );
      const row = await sql.one<{ isBuilding: boolean }>(
        named(
          `select exists (select 1 from environments where organization_id = :organizationId
                             and state = 'building' and builder is not null) as "isBuilding"`,
          { organizationId },
        ),
      );
      return row.isBuilding;
    },
  };
}
