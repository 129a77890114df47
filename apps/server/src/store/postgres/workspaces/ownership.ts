import { isUuid } from '../../../domain/primitives/uuid.ts';
import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

export type OwnershipStore = ReturnType<typeof createOwnershipStore>;

/**
 * Reads whether the owners of executor resources exist. Ids come from labels and folder names, so they may be
 * invalid.
 */
export function createOwnershipStore(sql: Queryable) {
  async function findIds(table: 'organizations' | 'workspaces', ids: readonly string[]) {
    const rows = await sql.query<{ id: string }>(
      named(`select id from ${table} where id = any(:ids::uuid[])`, { ids: ids.filter(isUuid) }),
    );
    return new Set(rows.map(({ id }) => id));
  }

  return {
    /** Returns, by id of each existing attempt, when its run ended; null while it is active. */
    async findRunEnds(attemptIds: readonly string[]) {
      const rows = await sql.query<{ id: string; finishedAt: Date | null }>(
        named(
          `select attempts.id, job_runs.finished_at as "finishedAt"
             from attempts join job_runs on job_runs.id = attempts.job_run_id where attempts.id = any(:attemptIds::uuid[])`,
          { attemptIds: attemptIds.filter(isUuid) },
        ),
      );
      return new Map(rows.map(({ id, finishedAt }) => [id, finishedAt]));
    },

    /** Returns those of the paths that contain a finished environment. */
    async findEnvironmentPaths(paths: readonly string[]) {
      const rows = await sql.query<{ path: string }>(
        named(
          `select location->>'path' as path from environments where state = 'ready' and location->>'path' = any(:paths)`,
          { paths },
        ),
      );
      return new Set(rows.map(({ path }) => path));
    },

    /** Returns when the leases of all active or abandoned builds expire, by environment key. */
    async listBuildLeases() {
      const rows = await sql.query<{ key: string; leaseEnd: Date }>(
        `select key, lease_expires_at as "leaseEnd" from environments where state = 'building'`,
      );
      return new Map(rows.map(({ key, leaseEnd }) => [key, leaseEnd]));
    },

    /** Lists the keys of environments used by attempts of active runs. */
    async listUsedKeys() {
      const rows = await sql.query<{ key: string }>(
        `select distinct attempts.environment_key as key from job_runs join attempts on attempts.job_run_id = job_runs.id
          where job_runs.status in ('pending', 'starting', 'running', 'cancelling') and attempts.environment_key is not null`,
      );
      return new Set(rows.map(({ key }) => key));
    },

    /** Returns those of the keys whose environment is here, is or was built here, or was used by an attempt. */
    async findKnownKeys(keys: readonly string[]) {
      const here = await sql.query<{ key: string }>(
        named('select key from environments where key = any(:keys)', { keys }),
      );
      const known = new Set(here.map(({ key }) => key));
      const others = keys.filter((key) => !known.has(key));
      // All attempts are read for them, so only for the few that are not here.
      const used =
        others.length === 0
          ? []
          : await sql.query<{ key: string }>(
              named(
                'select distinct environment_key as key from attempts where environment_key = any(:others)',
                { others },
              ),
            );
      return new Set([...known, ...used.map(({ key }) => key)]);
    },

    findOrganizations: (ids: readonly string[]) => findIds('organizations', ids),
    findWorkspaces: (ids: readonly string[]) => findIds('workspaces', ids),

    /**
     * Ends builds whose lease expired before this time; a builder that returns later finds that it lost the
     * build. Their keys stay for a day: what is left of them is found later, on another machine for example.
     */
    async endAbandonedBuilds(before: Date) {
      await sql.execute(
        named(
          `delete from environments
            where state = 'building' and builder is null and lease_expires_at < :before::timestamptz - interval '1 day'`,
          { before },
        ),
      );
      await sql.execute(
        named(
          `update environments set builder = null
            where state = 'building' and builder is not null and lease_expires_at < :before`,
          { before },
        ),
      );
    },
  };
}
