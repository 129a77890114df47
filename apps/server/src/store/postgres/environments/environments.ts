import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

export interface EnvironmentRecord {
  key: string;
  state: 'building' | 'ready';
  location: { executor: string; path: string } | null;
  builder: string | null;
}

const environmentColumns = columns('environments', ['key', 'state', 'location', 'builder']);

export type EnvironmentStore = ReturnType<typeof createEnvironmentStore>;

/**
 * Prevents the removal of the environment at `:environmentPath` until the transaction ends, as `used (key)`. All runs
 * of an environment meet in its row, so they share the lock, and one of them a minute records the use.
 */
export const useEnvironment = `with used as materialized (
     select key, last_used_at from environments
      where state = 'ready' and location->>'path' = :environmentPath for key share),
   stale as materialized (
     select environments.key from environments join used on used.key = environments.key
      where used.last_used_at < now() - interval '1 minute' for no key update of environments skip locked),
   touched as (
     update environments set last_used_at = now() from stale where environments.key = stale.key)`;

/** Stores finished environments, and who is building one (with a lease by the database clock). */
export function createEnvironmentStore(sql: Queryable) {
  return {
    find: (key: string) =>
      sql.maybeOnePrepared<EnvironmentRecord>(
        named(`select ${environmentColumns} from environments where key = :key`, { key }),
      ),

    /**
     * Returns true if the caller may build: there is no builder, its lease expired, or the finished
     * environment is missing on disk.
     */
    async takeBuild(
      environment: {
        key: string;
        organizationId: string;
        pythonVersion: string;
        requirements: readonly string[];
      },
      builder: string,
      leaseSeconds: number,
      options: { replaceReady: boolean },
    ) {
      const touched = await sql.execute(
        named(
          `insert into environments (key, organization_id, python_version, requirements, state, builder, lease_expires_at)
           values (:key, :organizationId, :pythonVersion, :requirements, 'building', :builder,
                   now() + make_interval(secs => :leaseSeconds))
           on conflict (key) do update
              set state = 'building', location = null, builder = :builder, lease_expires_at = now() + make_interval(secs => :leaseSeconds)
            where (environments.state = 'building' and (environments.lease_expires_at < now() or environments.builder = :builder))
               or (environments.state = 'ready' and :replaceReady)`,
          { ...environment, builder, leaseSeconds, replaceReady: options.replaceReady },
        ),
      );
      return touched === 1;
    },

    renewBuild: (key: string, builder: string, leaseSeconds: number) =>
      sql.execute(
        named(
          `update environments set lease_expires_at = now() + make_interval(secs => :leaseSeconds)
            where key = :key and builder = :builder and state = 'building'`,
          { key, builder, leaseSeconds },
        ),
      ),

    /** Returns false if another builder has taken over; the caller then discards its result. */
    async finishBuild(
      key: string,
      builder: string,
      built: { location: { executor: string; path: string }; packages?: readonly string[] },
    ) {
      const touched = await sql.execute(
        named(
          `update environments set state = 'ready', location = :location, packages = :packages, builder = null,
             lease_expires_at = null, size_bytes = null, last_used_at = now()
            where key = :key and builder = :builder and state = 'building'`,
          { key, builder, location: built.location, packages: built.packages ?? [] },
        ),
      );
      return touched === 1;
    },

    /**
     * Records that an attempt uses the environment at this path, which prevents its removal. Returns false if
     * it no longer exists.
     */
    async noteUse(attemptId: string, path: string) {
      const touched = await sql.executePrepared(
        named(
          `${useEnvironment}
           update attempts set environment_key = used.key from used where attempts.id = :attemptId`,
          { attemptId, environmentPath: path },
        ),
      );
      return touched === 1;
    },

    /**
     * Lists the packages of the environment of a run's last attempt, as `name==version`; empty if unknown.
     */
    async packagesOfRun(jobRunId: string): Promise<string[]> {
      const row = await sql.maybeOne<{ packages: string[] }>(
        named(
          `select environments.packages from attempts join environments on environments.key = attempts.environment_key
            where attempts.job_run_id = :jobRunId order by attempts.number desc limit 1`,
          { jobRunId },
        ),
      );
      return row?.packages ?? [];
    },

    giveUpBuild: (key: string, builder: string) =>
      sql.execute(
        named(`delete from environments where key = :key and builder = :builder and state = 'building'`, {
          key,
          builder,
        }),
      ),

    /** Releases builds of dead servers at once. */
    freeBuildsOf: (deadBuilders: readonly string[]) =>
      sql.execute(
        named(
          `update environments set lease_expires_at = now() where state = 'building' and builder = any(:deadBuilders)`,
          { deadBuilders },
        ),
      ),

    listBuilders: async () => {
      const rows = await sql.prepared<{ builder: string }>(
        `select distinct builder from environments where state = 'building'`,
      );
      return rows.map((row) => row.builder);
    },
  };
}
