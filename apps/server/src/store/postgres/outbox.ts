import type { Queryable } from './pool.ts';
import { named } from './statements/named.ts';

/** Events that are committed together with the state they report. */
export type OutboxEvent =
  | { kind: 'job_run.created'; payload: { jobRunId: string } }
  /** The attempt failed, and its run waits for a retry. */
  | { kind: 'attempt.closed'; payload: { jobRunId: string; attemptId: string } }
  | { kind: 'job_run.finished'; payload: { jobRunId: string } };

/** `failures`: how often it was taken before without success. */
export type ClaimedEvent = OutboxEvent & { id: number; failures: number };

export type OutboxStore = ReturnType<typeof createOutboxStore>;

/** The channel that wakes waiting supervisors; a lost signal costs one poll interval, never a run. */
export const wakeChannel = 'pumphouse_wake';

/**
 * Parts of a statement that add an event for each run of `runs`, a table with conditions, and wake for it.
 * The statement must read `announced`, or no listener is woken.
 */
export const addEvents = (kind: 'job_run.created' | 'job_run.finished', runs: string): string =>
  `added as (insert into outbox (kind, payload) select '${kind}', jsonb_build_object('jobRunId', id) from ${runs} returning kind),
   announced as (select pg_notify('${wakeChannel}', kind) from added)`;

/**
 * Stores events for the relay, delivered at least once. A handled event is removed: it is never read again,
 * and a long history would keep two for each run. (Only servers of the first release, which may still be
 * running, set `processed_at`.)
 */
export function createOutboxStore(sql: Queryable) {
  return {
    async add(event: OutboxEvent) {
      await sql.executePrepared(
        named(
          `with added as (insert into outbox (kind, payload) values (:kind, :payload) returning kind)
           select pg_notify('${wakeChannel}', kind) from added`,
          { kind: event.kind, payload: event.payload },
        ),
      );
    },

    /**
     * Wakes the loops of every server when the transaction commits. `schedules`, `queue` and `backfills` are only
     * for schedulers, `mail` for servers that send mail.
     */
    wake: (kind: 'schedules' | 'queue' | 'mail' | 'backfills' | '' = '') =>
      sql.execute(named('select pg_notify(:wakeChannel, :kind)', { wakeChannel, kind })),

    /**
     * Takes events for this many seconds; those that are not removed by then are taken again. The events of a
     * run belong to the supervisors of the worker that executed it. Events that stay, because its worker does
     * not return, and those of runs that nothing has executed belong to all.
     * @param workerId null for a supervisor whose server executes runs
     */
    take: (limit: number, seconds: number, workerId: string | null) =>
      sql.prepared<ClaimedEvent>(
        named(
          `update outbox set taken_until = now() + make_interval(secs => :seconds)
            where id in (select id from outbox
                          where processed_at is null and (taken_until is null or taken_until < now())
                            and (kind = 'job_run.created' or created_at < now() - interval '1 hour'
                                 or exists (select from job_runs
                                             where job_runs.id = (payload->>'jobRunId')::uuid
                                               and (worker_id is not distinct from :workerId or claim_number = 0)))
                          order by id limit :limit for update of outbox skip locked)
          returning id, kind, payload, failures`,
          { limit, seconds, workerId },
        ),
      ),

    remove: (eventIds: readonly number[]) =>
      sql.executePrepared(named('delete from outbox where id = any(:eventIds)', { eventIds })),

    /**
     * Schedules a retry: after 2 s, 4 s and so on, up to 5 minutes. The exponent is limited too, because the
     * power would overflow eventually.
     */
    markFailed: (eventId: number) =>
      sql.execute(
        named(
          `update outbox set failures = failures + 1,
                taken_until = now() + least(interval '2 seconds' * power(2, least(failures, 10)), interval '5 minutes')
                  where id = :eventId`,
          { eventId },
        ),
      ),
  };
}
