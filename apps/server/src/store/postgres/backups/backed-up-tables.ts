import type { Client } from 'pg';

/** A table of a backup and its columns, without generated ones. */
export interface BackedUpTable {
  name: string;
  columns: string[];
}

/**
 * Tables whose rows mean nothing elsewhere or later: processes of this moment, a cache, sign-ins that last minutes, the rows
 * of logs, which a backup contains as blobs, and the progress of online migrations, which begin again.
 */
const leftOut = new Set([
  'app_codes',
  'attempt_log_chunks',
  'authorization_requests',
  'backups',
  'changes',
  'device_codes',
  'environments',
  'online_migrations',
  'schema_migrations',
  'servers',
  'setup_links',
  'sign_in_failures',
  'supervisors',
  'swap_codes',
]);

/** Rows that a backup contains, for tables of which it does not contain all. */
const conditions: Readonly<Record<string, string>> = {
  // Environments are not restored, so there is nothing to remove.
  storage_removals: `kind <> 'environment'`,
};

/** Lists the tables of the schema that a backup contains. */
export async function listBackedUpTables(client: Client): Promise<BackedUpTable[]> {
  return (await listTables(client)).filter(({ name }) => !leftOut.has(name));
}

/** Lists all tables of the schema except that of its migrations. */
export async function listAllTables(client: Client): Promise<BackedUpTable[]> {
  return (await listTables(client)).filter(({ name }) => name !== 'schema_migrations');
}

async function listTables(client: Client): Promise<BackedUpTable[]> {
  const { rows } = await client.query<BackedUpTable>(`
    select table_name as name, array_agg(column_name::text order by ordinal_position) as columns
      from information_schema.columns join information_schema.tables using (table_schema, table_name)
     where table_schema = current_schema() and table_type = 'BASE TABLE' and is_generated = 'NEVER'
     group by table_name order by table_name`);
  return rows;
}

/** Returns the statement that copies a table out, in the order of its columns. */
export function copyOutStatement(
  client: Client,
  { name, columns }: BackedUpTable,
  copiesAll: boolean,
): string {
  const condition = copiesAll ? undefined : conditions[name];
  return `copy (select ${listColumns(client, columns)} from ${client.escapeIdentifier(name)}${condition ? ` where ${condition}` : ''}) to stdout`;
}

/** Returns the statement that loads such a copy. */
export function copyInStatement(client: Client, { name, columns }: BackedUpTable): string {
  return `copy ${client.escapeIdentifier(name)} (${listColumns(client, columns)}) from stdin`;
}

function listColumns(client: Client, columns: readonly string[]): string {
  return columns.map((column) => client.escapeIdentifier(column)).join(', ');
}
