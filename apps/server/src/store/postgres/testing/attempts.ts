import type { AttemptRecord } from '../attempts/attempt-record.ts';
import type { TextQueryable } from '../pool.ts';
import { setColumns } from './set-columns.ts';

type Sql = Pick<TextQueryable, 'execute'>;

type AttemptColumns = Partial<AttemptRecord & { logStoredBytes: number | null }>;

/** Sets columns of an attempt, in place of a bootstrap, retention or the time. */
export function setAttempt(sql: Sql, attemptId: string, columns: AttemptColumns): Promise<void> {
  return setColumns(sql, 'attempts', columns, { id: attemptId });
}

/** Lists the beacon bodies of an attempt, in the order in which they were sent. */
export function listBodies(sql: Pick<TextQueryable, 'query'>, attemptId: string) {
  return sql.query<{ number: number; kind: string; problem: string | null; ingested: boolean }>(
    `select number, kind, problem, ingested_at is not null as ingested from beacon_bodies
      where attempt_id = $1 order by number`,
    [attemptId],
  );
}
