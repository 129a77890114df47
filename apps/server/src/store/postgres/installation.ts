import type { Queryable } from './pool.ts';

export type InstallationStore = ReturnType<typeof createInstallationStore>;

/** The one row that says which installation this is and what was decided for it. */
export function createInstallationStore(sql: Queryable) {
  return {
    get: () => sql.one<{ id: string; executor: string | null }>('select id, executor from installation'),

    /** Decided once; the decision of whoever was first comes back. */
    decideExecutor: async (executor: string) => {
      const row = await sql.one<{ executor: string }>(
        'update installation set executor = coalesce(executor, $1) returning executor',
        [executor],
      );
      return row.executor;
    },

    ping: () => sql.one<{ now: Date }>('select now() as now'),
  };
}
