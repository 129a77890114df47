import type { AlertMessage } from '../../../domain/alerts/alert-message.ts';
import type { TextQueryable } from '../pool.ts';
import { randomUUID } from 'node:crypto';

/** Adds a channel that nothing sends, and returns its id. */
export async function addChannel(
  sql: Pick<TextQueryable, 'execute'>,
  workspaceId: string,
  name = 'ops',
  kind = 'email',
): Promise<string> {
  const id = randomUUID();
  await sql.execute(
    `insert into alert_channels (id, workspace_id, name, kind, settings) values ($1, $2, $3, $4, '{}')`,
    [id, workspaceId, name, kind],
  );
  return id;
}

/** Lists the messages that wait for channels of a workspace, the oldest first. */
export async function listMessages(
  sql: Pick<TextQueryable, 'query'>,
  workspaceId: string,
): Promise<AlertMessage[]> {
  const rows = await sql.query<{ message: AlertMessage }>(
    'select message from alert_deliveries where workspace_id = $1 order by position',
    [workspaceId],
  );
  return rows.map(({ message }) => message);
}

/** Counts the events of a workspace that are not evaluated. */
export async function countAlertEvents(
  sql: Pick<TextQueryable, 'one'>,
  workspaceId: string,
): Promise<number> {
  const { count } = await sql.one<{ count: number }>(
    'select count(*)::int as count from alert_events where workspace_id = $1 and dropped_at is null',
    [workspaceId],
  );
  return count;
}

/** Moves the next ticks of a job, in place of the time. */
export async function setNextTick(
  sql: Pick<TextQueryable, 'execute'>,
  jobId: string,
  at: Date,
): Promise<void> {
  await sql.execute('update schedules set next_tick_at = $2 where job_id = $1', [jobId, at]);
}

/** Adds an event, as a trigger does. */
export async function addAlertEvent(
  sql: Pick<TextQueryable, 'execute'>,
  workspaceId: string,
  { kind, subjectId }: { kind: string; subjectId: string },
): Promise<void> {
  await sql.execute('insert into alert_events (workspace_id, kind, subject_id) values ($1, $2, $3)', [
    workspaceId,
    kind,
    subjectId,
  ]);
}

/**
 * Lets the database refuse incidents whose title begins with a text.
 * @param state the SQLSTATE of the error
 * @returns a function that ends it
 */
export async function failIncidents(
  sql: Pick<TextQueryable, 'execute'>,
  title: string,
  state: string,
): Promise<() => Promise<void>> {
  await sql.execute(
    `create or replace function refuse_incident() returns trigger language plpgsql as
       $$ begin raise exception 'refused' using errcode = '${state}'; end $$`,
  );
  await sql.execute(
    `create trigger refuse before insert on alert_incidents for each row
       when (starts_with(new.title, '${title}')) execute function refuse_incident()`,
  );
  return async () => {
    await sql.execute('drop trigger if exists refuse on alert_incidents');
  };
}
