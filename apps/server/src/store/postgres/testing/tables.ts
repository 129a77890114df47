import type { TextQueryable } from '../pool.ts';

/** Reads all rows of a table as JSON texts, to check what is stored. */
export async function readTable(sql: Pick<TextQueryable, 'query'>, table: string): Promise<string[]> {
  const rows = await sql.query<{ text: string }>(
    `select row_to_json(rows)::text as text from ${table} as rows order by 1`,
  );
  return rows.map(({ text }) => text);
}

export async function countRows(sql: Pick<TextQueryable, 'one'>, table: string): Promise<number> {
  return (await sql.one<{ count: number }>(`select count(*)::int as count from ${table}`)).count;
}

/**
 * Makes all statements on a table fail.
 * @returns a function that restores it
 */
export async function breakTable(
  sql: Pick<TextQueryable, 'execute'>,
  table: string,
): Promise<() => Promise<void>> {
  await sql.execute(`alter table ${table} rename to broken_${table}`);
  return async () => {
    await sql.execute(`alter table broken_${table} rename to ${table}`);
  };
}

/** Counts the transactions in this database that wait for a lock. */
export async function countLockWaits(sql: Pick<TextQueryable, 'one'>): Promise<number> {
  const { count } = await sql.one<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return count;
}

/** Counts the transactions in this database that are open between two statements. */
export async function countOpenTransactions(sql: Pick<TextQueryable, 'one'>): Promise<number> {
  const { count } = await sql.one<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
      where datname = current_database() and state like 'idle in transaction%'`,
  );
  return count;
}
