import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';

export interface EnvironmentRecord {
  key: string;
  state: 'building' | 'ready';
  location: { executor: string; path: string } | null;
  builder: string | null;
}

const environmentColumns = columns('environments', ['key', 'state', 'location', 'builder']);

export type EnvironmentStore = ReturnType<typeof createEnvironmentStore>;

/** Which environments are built, and who builds one right now (a lease on the database's clock). */
export function createEnvironmentStore(sql: Queryable) {
  return {
    find: (key: string) =>
      sql.maybeOne<EnvironmentRecord>(`select ${environmentColumns} from environments where key = $1`, [key]),

    /** True when the caller may build: nobody does, the former builder's lease ran out, or the ready one is gone from disk. */
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
        `insert into environments (key, organization_id, python_version, requirements, state, builder, lease_expires_at)
         values ($1, $2, $3, $4, 'building', $5, now() + make_interval(secs => $6))
         on conflict (key) do update
            set state = 'building', location = null, builder = $5, lease_expires_at = now() + make_interval(secs => $6)
          where (environments.state = 'building' and (environments.lease_expires_at < now() or environments.builder = $5))
             or (environments.state = 'ready' and $7)`,
        [
          environment.key,
          environment.organizationId,
          environment.pythonVersion,
          environment.requirements,
          builder,
          leaseSeconds,
          options.replaceReady,
        ],
      );
      return touched === 1;
    },

    renewBuild: (key: string, builder: string, leaseSeconds: number) =>
      sql.execute(
        `update environments set lease_expires_at = now() + make_interval(secs => $3)
          where key = $1 and builder = $2 and state = 'building'`,
        [key, builder, leaseSeconds],
      ),

    /** False when another builder has taken over: the caller throws its result away. */
    async finishBuild(
      key: string,
      builder: string,
      built: { location: { executor: string; path: string }; packages?: readonly string[] },
    ) {
      const touched = await sql.execute(
        `update environments set state = 'ready', location = $3, packages = $4, builder = null, lease_expires_at = null, size_bytes = null,
                last_used_at = now()
          where key = $1 and builder = $2 and state = 'building'`,
        [key, builder, built.location, built.packages ?? []],
      );
      return touched === 1;
    },

    /**
     * Notes that an attempt uses the environment at a place, which keeps it from being removed. False when it is not there any more.
     */
    async noteUse(attemptId: string, path: string) {
      const touched = await sql.execute(
        `with used as (
           update environments set last_used_at = now() where state = 'ready' and location->>'path' = $2 returning key
         )
         update attempts set environment_key = used.key from used where attempts.id = $1`,
        [attemptId, path],
      );
      return touched === 1;
    },

    /** The packages of the environment that the last attempt of a run used, as `name==version`; none if it is not known. */
    async packagesOfRun(jobRunId: string): Promise<string[]> {
      const row = await sql.maybeOne<{ packages: string[] }>(
        `select environments.packages from attempts join environments on environments.key = attempts.environment_key
          where attempts.job_run_id = $1 order by attempts.number desc limit 1`,
        [jobRunId],
      );
      return row?.packages ?? [];
    },

    giveUpBuild: (key: string, builder: string) =>
      sql.execute(`delete from environments where key = $1 and builder = $2 and state = 'building'`, [
        key,
        builder,
      ]),

    /** Builds of servers that are known to be dead are free at once. */
    freeBuildsOf: (deadBuilders: readonly string[]) =>
      sql.execute(
        `update environments set lease_expires_at = now() where state = 'building' and builder = any($1)`,
        [deadBuilders],
      ),

    listBuilders: async () => {
      const rows = await sql.query<{ builder: string }>(
        `select distinct builder from environments where state = 'building'`,
      );
      return rows.map((row) => row.builder);
    },
  };
}
