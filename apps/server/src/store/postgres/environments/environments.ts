import type { Queryable } from '../pool.ts';
import {
  listArchiveKeys,
  type EnvironmentArchive,
} from '../../../domain/environments/environment-archive.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

export interface EnvironmentRecord {
  key: string;
  state: 'building' | 'ready';
  location: StoredLocation | null;
  builder: string | null;
}

/** Where an executor has an environment. */
export interface StoredLocation {
  executor: string;
  path: string;
  archive?: EnvironmentArchive | undefined;
}

/** Longer than any build takes. */
const reservedHours = 24;

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
     * environment is missing on disk. Its archive is then removed, a day later: attempts may be fetching it.
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
          `with replaced as (
             insert into storage_removals (kind, target, not_before)
             select 'environment', location, now() + make_interval(hours => :reservedHours) from environments
              where key = :key and state = 'ready' and :replaceReady and location->'archive' is not null)
           insert into environments (key, organization_id, python_version, requirements, state, builder, lease_expires_at)
           values (:key, :organizationId, :pythonVersion, :requirements, 'building', :builder,
                   now() + make_interval(secs => :leaseSeconds))
           on conflict (key) do update
              set state = 'building', location = null, builder = :builder, lease_expires_at = now() + make_interval(secs => :leaseSeconds)
            where (environments.state = 'building' and (environments.lease_expires_at < now() or environments.builder = :builder))
               or (environments.state = 'ready' and :replaceReady)`,
          { ...environment, builder, leaseSeconds, replaceReady: options.replaceReady, reservedHours },
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
      built: { location: StoredLocation; packages?: readonly string[] },
    ) {
      const { location, packages = [] } = built;
      const blobKeys = location.archive === undefined ? [] : listArchiveKeys(location.archive);
      const done = await sql.maybeOne(
        named(
          `with done as (
             update environments set state = 'ready', location = :location, packages = :packages, builder = null,
               lease_expires_at = null, size_bytes = null, last_used_at = now()
              where key = :key and builder = :builder and state = 'building' returning key
           ), kept as (
             delete from storage_removals using done where kind = 'blob' and target->>'key' = any(:blobKeys))
           select key from done`,
          { key, builder, location, packages, blobKeys },
        ),
      );
      return done !== undefined;
    },

    /**
     * Notes that a part of an archive is to be removed after a day, unless the build is finished by then. Returns false
     * if the environment is not being built.
     */
    async reserveArchivePart(key: string, blobKey: string) {
      const touched = await sql.execute(
        named(
          `with build as (select key from environments where key = :key and state = 'building' for share)
           insert into storage_removals (kind, target, not_before)
           select 'blob', jsonb_build_object('key', :blobKey::text), now() + make_interval(hours => :reservedHours)
             from build`,
          { key, blobKey, reservedHours },
        ),
      );
      return touched === 1;
    },

    /** The archives of the environments that the last runs of a workspace's jobs used. */
    listArchivesOfWorkspace: (workspaceId: string) =>
      sql.query<{ key: string; pythonVersion: string; archive: EnvironmentArchive }>(
        named(
          `select distinct environments.key, environments.python_version as "pythonVersion",
                  environments.location->'archive' as archive
             from jobs cross join lateral (
               select attempts.environment_key from job_runs join attempts on attempts.job_run_id = job_runs.id
                where job_runs.job_id = jobs.id and attempts.environment_key is not null
                order by job_runs.number desc, attempts.number desc limit 1) as latest
             join environments on environments.key = latest.environment_key
            where jobs.workspace_id = :workspaceId and not jobs.is_archived and environments.state = 'ready'
              and environments.location->'archive' is not null
            order by environments.key`,
          { workspaceId },
        ),
      ),

    /** The archive of the environment that an attempt uses. */
    findArchiveOfAttempt: (attemptId: string) =>
      sql.maybeOne<{ archive: EnvironmentArchive | null; isClosed: boolean }>(
        named(
          `select environments.location->'archive' as archive, attempts.closed_at is not null as "isClosed"
             from attempts left join environments on environments.key = attempts.environment_key
            where attempts.id = :attemptId`,
          { attemptId },
        ),
      ),

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
