import type { Queryable } from '../pool.ts';
import type { AppliedMigration } from '../migrate.ts';
import {
  findPending,
  MigrationError,
  readMigrations as readMigrationFiles,
  migrationsFolder,
} from '../migrate.ts';

/** Version, settings and use of a Postgres. */
export interface DatabaseState {
  version: string;
  /** Such as 160004. */
  versionNumber: number;
  isReadOnly: boolean;
  sizeBytes: number;
  maxConnections: number;
  reservedConnections: number;
  usedConnections: number;
  fsync: boolean;
  fullPageWrites: boolean;
  synchronousCommit: string;
}

/** How the schema compares with the migrations of this server. */
export interface MigrationState {
  pending: string[];
  /** Applied by a newer version, with which this one can work. */
  newer: string[];
  /** Why this version cannot work with the schema. */
  failure: string | null;
}

export type DatabaseStateStore = ReturnType<typeof createDatabaseStateStore>;

/** Creates the store that reads the state of the database itself. It changes nothing. */
export function createDatabaseStateStore(sql: Queryable) {
  return {
    // Counted by database, because other users' sessions are hidden from a role without privileges.
    readState: () =>
      sql.one<DatabaseState>(`
        select current_setting('server_version') as version,
               current_setting('server_version_num')::int as "versionNumber",
               pg_is_in_recovery() as "isReadOnly",
               pg_database_size(current_database()) as "sizeBytes",
               current_setting('max_connections')::int as "maxConnections",
               current_setting('superuser_reserved_connections')::int as "reservedConnections",
               (select coalesce(sum(numbackends), 0)::int from pg_stat_database) as "usedConnections",
               current_setting('fsync')::boolean as fsync,
               current_setting('full_page_writes')::boolean as "fullPageWrites",
               current_setting('synchronous_commit') as "synchronousCommit"`),

    async readMigrations(): Promise<MigrationState> {
      const known = await readMigrationFiles(migrationsFolder);
      const { exists } = await sql.one<{ exists: boolean }>(
        `select to_regclass('schema_migrations') is not null as exists`,
      );
      const applied = exists
        ? await sql.query<AppliedMigration>(
            'select number, name, compatibility, sha256 from schema_migrations order by number',
          )
        : [];
      return compare(known, applied);
    },
  };
}

type KnownMigrations = Awaited<ReturnType<typeof readMigrationFiles>>;

function compare(known: KnownMigrations, applied: readonly AppliedMigration[]): MigrationState {
  const numbers = new Set(known.map(({ number }) => number));
  const newer = applied.filter(({ number }) => !numbers.has(number)).map(({ name }) => name);
  try {
    return { pending: findPending(known, [...applied]).map(({ name }) => name), newer, failure: null };
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    return { pending: [], newer, failure: `${error.message}.`.replace(/\.\.$/, '.') };
  }
}
