import type { TextQueryable } from '../pool.ts';

/** Lists the kinds of the waiting events, of all runs or of one, oldest first. */
export async function listEvents(
  sql: Pick<TextQueryable, 'query'>,
  jobRunId: string | null = null,
): Promise<string[]> {
  const rows = await sql.query<{ kind: string }>(
    `select kind from outbox where $1::text is null or payload->>'jobRunId' = $1 order by id`,
    [jobRunId],
  );
  return rows.map(({ kind }) => kind);
}

/** Removes the events that other tests left. */
export async function removeEvents(sql: Pick<TextQueryable, 'execute'>): Promise<void> {
  await sql.execute('delete from outbox');
}
