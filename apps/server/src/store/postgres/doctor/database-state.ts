import type { Queryable } from '../pool.ts';
import type { AppliedMigration } from '../upgrades/plan-migrations.ts';
import type { Migration } from '../upgrades/migration-files.ts';
import { isOnline, planMigrations } from '../upgrades/plan-migrations.ts';
import { MigrationError, readOwnMigrations } from '../upgrades/migration-files.ts';
import { named } from '../statements/named.ts';

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
  /** Applied by the next start. */
  pending: string[];
  /** Those of them that servers of the present version cannot work with. */
  breaking: string[];
  /** Online migrations that the next start finishes first, because later ones require them. */
  required: string[];
  /** Online migrations that servers apply after their start. */
  online: string[];
  /** Applied by a newer version, with which this one can work. */
  newer: string[];
  /** Why this version cannot work with the schema. */
  failure: string | null;
}

/** An online migration that has not ended. */
export interface OnlineMigrationState {
  name: string;
  /** Null if it has not begun, or cannot be known. */
  percent: number | null;
  /** Why it failed last; null if it did not. */
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
      return compare(await readOwnMigrations(), await readApplied(sql));
    },

    /** Lists the online migrations of this version that have not ended, in their order. */
    async readOnlineMigrations(): Promise<OnlineMigrationState[]> {
      const applied = new Set((await readApplied(sql)).map(({ number }) => number));
      const open = (await readOwnMigrations()).filter(isOnline).filter(({ number }) => !applied.has(number));
      if (open.length === 0) return [];
      const begun = await readBegun(
        sql,
        open.map(({ number }) => number),
      );
      return open.map(({ number, name }) => {
        const { percent = null, failure = null } = begun.find((row) => row.number === number) ?? {};
        return { name, percent, failure };
      });
    },
  };
}

async function readApplied(sql: Queryable): Promise<AppliedMigration[]> {
  const { exists } = await sql.one<{ exists: boolean }>(
    `select to_regclass('schema_migrations') is not null as exists`,
  );
  if (!exists) return [];
  return sql.query<AppliedMigration>(
    `select number, name, compatibility, sha256, to_jsonb(schema_migrations) ->> 'release' as release
       from schema_migrations order by number`,
  );
}

interface BegunMigration {
  number: number;
  percent: number | null;
  failure: string | null;
}

/** Postgres reports the progress of an index itself. Rows that were added meanwhile may make more than the total. */
function readBegun(sql: Queryable, numbers: readonly number[]): Promise<BegunMigration[]> {
  return sql.query<BegunMigration>(
    named(
      `select number, failure,
              coalesce(least(99, done_rows * 100 / nullif(total_rows, 0)),
                       (select max(blocks_done * 100 / nullif(blocks_total, 0)) from pg_stat_progress_create_index
                         where datname = current_database()))::int as percent
         from online_migrations where number = any(:numbers)`,
      { numbers },
    ),
  );
}

function compare(known: readonly Migration[], applied: readonly AppliedMigration[]): MigrationState {
  const numbers = new Set(known.map(({ number }) => number));
  const newer = applied.filter(({ number }) => !numbers.has(number)).map(({ name }) => name);
  try {
    const { start, online } = planMigrations(known, applied);
    const breaking = start.filter(({ compatibility }) => compatibility === 'breaking');
    const required = applied.length === 0 ? [] : start.filter(isOnline);
    return {
      pending: namesOf(start),
      breaking: namesOf(breaking),
      required: namesOf(required),
      online: namesOf(online),
      newer,
      failure: null,
    };
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    const failure = `${error.message}.`.replace(/\.\.$/, '.');
    return { pending: [], breaking: [], required: [], online: [], newer, failure };
  }
}

function namesOf(migrations: readonly { name: string }[]): string[] {
  return migrations.map(({ name }) => name);
}
