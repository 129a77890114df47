import { Client } from 'pg';
import type { DatabaseConnection, Queryable } from '../pool.ts';
import { clientConfig } from '../pool.ts';

/** What a database contains before a restore. */
export type RestoreTarget =
  | { kind: 'empty' }
  /** A restore was interrupted after its data was loaded. */
  | { kind: 'unfinished'; restore: UnfinishedRestore }
  | { kind: 'in-use'; reason: string };

/** A restore whose data is loaded. Servers do not start until its last steps are done. */
export interface UnfinishedRestore {
  backupId: string;
  takenAt: Date;
}

/** Written with the data of a restore, and dropped by its last step. */
const unfinishedRestoreTable = 'unfinished_restore';

export const createUnfinishedRestoreTable = `create table ${unfinishedRestoreTable} (backup_id text not null, taken_at timestamptz(3) not null)`;

/** A server that starts writes to these, so rows in them are not an installation in use. */
const tablesOfStart = new Set([
  'installation',
  'schema_migrations',
  'secret_keys',
  'servers',
  'supervisors',
  'changes',
  'setup_links',
]);

/** A server that stopped without removing its row is seen as live for this long. */
const liveSeconds = 60;

/** Opens a connection without limits of time, for a restore. */
export async function connectForRestore(connection: DatabaseConnection): Promise<Client> {
  const client = new Client({
    ...clientConfig(connection),
    application_name: 'pumphouse restore',
    statement_timeout: 0,
    idle_in_transaction_session_timeout: 0,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** @throws Error if the last steps of a restore are missing, before which no server may start runs */
export async function requireFinishedRestore(sql: Queryable): Promise<void> {
  const { isThere } = await sql.one<{ isThere: boolean }>(
    `select to_regclass('${unfinishedRestoreTable}') is not null as "isThere"`,
  );
  if (!isThere) return;
  const { id } = await sql.one<{ id: string }>(`select backup_id as id from ${unfinishedRestoreTable}`);
  throw new Error(
    `The restore of backup ${id} is not finished. Run bin/pumphouse backup restore again, with the same backup.`,
  );
}

/** Keeps servers from starting until `markRestored`. */
export async function markUnfinished(
  client: Client,
  { backupId, takenAt }: UnfinishedRestore,
): Promise<void> {
  await client.query(createUnfinishedRestoreTable);
  await client.query(`insert into ${unfinishedRestoreTable} values ($1, $2)`, [backupId, takenAt]);
}

/** The last step of a restore: servers may start. */
export async function markRestored(client: Client): Promise<void> {
  await client.query(`drop table ${unfinishedRestoreTable}`);
}

/** Finds out whether a backup can be restored into a database. It changes nothing. */
export async function inspectTarget(client: Client): Promise<RestoreTarget> {
  const tables = await listTables(client);
  if (tables.includes(unfinishedRestoreTable)) {
    const { rows } = await client.query<UnfinishedRestore>(
      `select backup_id as "backupId", taken_at as "takenAt" from ${unfinishedRestoreTable}`,
    );
    if (rows[0]) return { kind: 'unfinished', restore: rows[0] };
  }
  if (tables.includes('servers')) {
    const { rows } = await client.query<{ owner: string }>(
      `select owner from servers where seen_at > now() - make_interval(secs => $1)`,
      [liveSeconds],
    );
    if (rows[0])
      return { kind: 'in-use', reason: `server ${rows[0].owner} uses it, or did in the last minute` };
  }
  for (const table of tables) {
    if (tablesOfStart.has(table)) continue;
    const { rows } = await client.query(`select 1 from ${client.escapeIdentifier(table)} limit 1`);
    if (rows.length > 0) return { kind: 'in-use', reason: `its table ${table} has rows` };
  }
  return { kind: 'empty' };
}

/**
 * Removes the empty tables of a server that was started before the restore, with all that belongs to them. Call it only for an empty target.
 * @throws Error of Postgres if the role does not own the schema
 */
export async function clearSchema(client: Client): Promise<void> {
  if ((await listTables(client)).length === 0) return;
  const { rows } = await client.query<{ name: string }>('select current_schema()::text as name');
  const schema = client.escapeIdentifier(rows[0]?.name ?? 'public');
  await client.query(`begin; drop schema ${schema} cascade; create schema ${schema}; commit`);
}

async function listTables(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select tablename::text as name from pg_tables where schemaname = current_schema() order by 1`,
  );
  return rows.map(({ name }) => name);
}
