import type { AppliedMigration } from '../upgrades/plan-migrations.ts';
import type { DatabaseConnection } from '../pool.ts';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { clientConfig } from '../pool.ts';
import {
  copyOutStatement,
  listAllTables,
  listBackedUpTables,
  type BackedUpTable,
} from './backed-up-tables.ts';

/** One moment of the database, read over a connection of its own while servers go on. */
export interface DatabaseSnapshot {
  installationId: string;
  takenAt: Date;
  postgresVersion: string;
  migrations: Pick<AppliedMigration, 'name' | 'number' | 'sha256'>[];
  counts: SnapshotCounts;
  tables: BackedUpTable[];
  sequences: SequenceState[];
  /** Streams the rows in the text format of COPY. `rows` is known when it has ended. */
  copyOut(table: BackedUpTable): { content: AsyncIterable<Buffer>; rows: () => number };
  /** Reads all logs, in the order of their attempts. */
  listLogs(): Promise<SnapshotLog[]>;
  close(): Promise<void>;
}

export interface SnapshotCounts {
  workspaces: number;
  runs: number;
  activeRuns: number;
}

export interface SequenceState {
  name: string;
  value: string;
  isCalled: boolean;
}

export interface SnapshotLog {
  attemptId: string;
  bytes: number;
  isSealed: boolean;
}

const logsAtOnce = 20_000;

/**
 * Opens a snapshot: a read-only transaction, repeatable read. It takes no lock that a server waits for. Close it soon,
 * because Postgres keeps the old versions of changed rows meanwhile.
 * @param options.copiesAll also what a backup leaves out, for a copy on the same machine
 */
export async function openSnapshot(
  connection: DatabaseConnection,
  { copiesAll = false } = {},
): Promise<DatabaseSnapshot> {
  const client = new Client({
    ...clientConfig(connection),
    application_name: 'pumphouse backup',
    statement_timeout: 0,
    idle_in_transaction_session_timeout: 0,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    return await describe(client, copiesAll);
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function describe(client: Client, copiesAll: boolean): Promise<DatabaseSnapshot> {
  const state = await readOne<Pick<DatabaseSnapshot, 'installationId' | 'takenAt' | 'postgresVersion'>>(
    client,
    `select id as "installationId", now()::timestamptz(3) as "takenAt", current_setting('server_version') as "postgresVersion"
       from installation`,
  );
  const { rows: migrations } = await client.query<Pick<AppliedMigration, 'name' | 'number' | 'sha256'>>(
    'select number, name, sha256 from schema_migrations order by number',
  );
  const counts = await readOne<SnapshotCounts>(
    client,
    `select (select count(*) from workspaces) as workspaces, (select count(*) from job_runs) as runs,
            (select count(*) from job_runs where status in ('starting', 'running', 'cancelling')) as "activeRuns"`,
  );
  return {
    ...state,
    migrations,
    counts,
    tables: await (copiesAll ? listAllTables(client) : listBackedUpTables(client)),
    sequences: await readSequences(client),
    copyOut(table) {
      const stream = client.query(copyTo(copyOutStatement(client, table, copiesAll)));
      return { content: stream, rows: () => stream.rowCount };
    },
    listLogs: () => listLogs(client),
    close: () => client.end(),
  };
}

async function listLogs(client: Client): Promise<SnapshotLog[]> {
  const logs: SnapshotLog[] = [];
  for (let after: string | null = null; ;) {
    const { rows }: { rows: SnapshotLog[] } = await client.query<SnapshotLog>(
      `select id as "attemptId", log_bytes as bytes, log_sealed as "isSealed" from attempts
        where log_bytes > 0 and log_removed_at is null and ($1::uuid is null or id > $1) order by id limit $2`,
      [after, logsAtOnce],
    );
    logs.push(...rows);
    if (rows.length < logsAtOnce) return logs;
    after = rows.at(-1)?.attemptId ?? null;
  }
}

async function readSequences(client: Client): Promise<SequenceState[]> {
  const { rows } = await client.query<{ name: string }>(
    'select sequencename::text as name from pg_sequences where schemaname = current_schema() order by 1',
  );
  const states: SequenceState[] = [];
  for (const { name } of rows) {
    const state = await readOne<Omit<SequenceState, 'name'>>(
      client,
      `select last_value::text as value, is_called as "isCalled" from ${client.escapeIdentifier(name)}`,
    );
    states.push({ name, ...state });
  }
  return states;
}

async function readOne<Row extends object>(client: Client, sql: string): Promise<Row> {
  const { rows } = await client.query<Row>(sql);
  const [row] = rows;
  if (!row) throw new Error('The database has no installation');
  return row;
}
