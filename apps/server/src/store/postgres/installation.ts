import type { Queryable } from './pool.ts';
import { named } from './statements/named.ts';

export type InstallationStore = ReturnType<typeof createInstallationStore>;

interface InstallationRow {
  id: string;
  executor: string | null;
  engineUrl: string | null;
}

/** Stores the single row that identifies the installation and contains what was decided for it. */
export function createInstallationStore(sql: Queryable) {
  return {
    get: () => sql.one<InstallationRow>('select id, executor, engine_url as "engineUrl" from installation'),

    /**
     * Decides on the executor once; returns the first decision.
     * @param engineUrl the container engine that was found; null if there is none, or it was configured
     */
    decideExecutor: (executor: string, engineUrl: string | null) =>
      sql.one<Pick<InstallationRow, 'executor' | 'engineUrl'>>(
        named(
          `update installation set executor = coalesce(executor, :executor), engine_url = coalesce(engine_url, :engineUrl)
           returning executor, engine_url as "engineUrl"`,
          { executor, engineUrl },
        ),
      ),

    /** Records whether the executor of the servers keeps no local data on disks. */
    noteLocalDataInObjects: (isInObjects: boolean) =>
      sql.execute(
        named(
          `update installation set local_data_in_objects = :isInObjects where local_data_in_objects <> :isInObjects`,
          { isInObjects },
        ),
      ),

    /** Whether a server or a worker has local data of runs on disks. */
    hasLocalDataOnDisks: async () => {
      const { isOnDisks } = await sql.one<{ isOnDisks: boolean }>(
        `select not local_data_in_objects
                or exists (select from workers where not local_data_in_objects and removed_at is null) as "isOnDisks"
           from installation`,
      );
      return isOnDisks;
    },

    /** Reads the current time of the database clock, not the start of the transaction. */
    readClock: async () =>
      (await sql.one<{ now: Date }>('select clock_timestamp()::timestamptz(3) as now')).now,

    ping: () => sql.one<{ now: Date }>('select now() as now'),
  };
}
