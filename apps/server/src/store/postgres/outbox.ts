import type { Queryable } from './pool.ts';

/** Events that commit with the state they tell of. */
export type OutboxEvent =
  | { kind: 'job_run.created'; payload: { jobRunId: string } }
  /** It failed, and its run waits for another one. */
  | { kind: 'attempt.closed'; payload: { jobRunId: string; attemptId: string } }
  | { kind: 'job_run.finished'; payload: { jobRunId: string } };

/** `failures`: how often it was taken before and not dealt with. */
export type TakenEvent = OutboxEvent & { id: number; failures: number };

export type OutboxStore = ReturnType<typeof createOutboxStore>;

/** The channel on which waiting supervisors are woken; a lost wake-up costs a poll interval, never a run. */
export const wakeChannel = 'pumphouse_wake';

/**
 * Events for the relay, delivered at least once. One that was acted on is removed: nobody reads it again, and a long history would keep
 * two for each run. (`processed_at` is set by servers of the first release only, which may still run beside this one.)
 */
export function createOutboxStore(sql: Queryable) {
  return {
    async add(event: OutboxEvent) {
      await sql.executePrepared(
        `with added as (insert into outbox (kind, payload) values ($1, $2) returning kind)
         select pg_notify('${wakeChannel}', kind) from added`,
        [event.kind, event.payload],
      );
    },

    /** Wakes the loops of every server when the transaction commits; schedules and the queue are for schedulers alone, mail is for who sends it. */
    wake: (kind: 'schedules' | 'queue' | 'mail' | '' = '') =>
      sql.execute('select pg_notify($1, $2)', [wakeChannel, kind]),

    /** Takes events for so many seconds; what is not removed by then is taken again. */
    take: (limit: number, seconds: number) =>
      sql.query<TakenEvent>(
        `update outbox set taken_until = now() + make_interval(secs => $2)
          where id in (select id from outbox where processed_at is null and (taken_until is null or taken_until < now())
                        order by id limit $1 for update skip locked)
        returning id, kind, payload, failures`,
        [limit, seconds],
      ),

    remove: (eventId: number) => sql.execute('delete from outbox where id = $1', [eventId]),

    /** Comes back later: 2 s, 4 s, ... 5 minutes at most, which is where doubling ends: the power itself would overflow some day. */
    markFailed: (eventId: number) =>
      sql.execute(
        `update outbox set failures = failures + 1,
                taken_until = now() + least(interval '2 seconds' * power(2, least(failures, 10)), interval '5 minutes') where id = $1`,
        [eventId],
      ),
  };
}
