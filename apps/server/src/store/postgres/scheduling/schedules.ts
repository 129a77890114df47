import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

/** When the clock next starts a job by one of its triggers. */
export interface ScheduleRecord {
  jobId: string;
  trigger: string;
  timeZone: string;
  /** Null if the trigger does not fire again. */
  nextTickAt: Date | null;
  /** The last tick that was handled. */
  previousTickAt: Date | null;
}

/** A tick that a start decision handled, and the next one of its trigger. */
export type HandledTick = Omit<ScheduleRecord, 'timeZone' | 'previousTickAt'> & { previousTickAt: Date };

/** A trigger whose tick is due. */
export type DueTick = Pick<ScheduleRecord, 'jobId' | 'trigger'> & { workspaceId: string };

const scheduleColumns = columns('schedules', [
  'job_id',
  'trigger',
  'time_zone',
  'next_tick_at',
  'previous_tick_at',
]);

export type ScheduleStore = ReturnType<typeof createScheduleStore>;

/** Stores future ticks. Their time is the database's, so servers' clocks need not agree. */
export function createScheduleStore(sql: Queryable) {
  return {
    /** Lists due ticks, oldest first. To handle one, lock its job and read it again. */
    listDue: (now: Date, limit: number) =>
      sql.prepared<DueTick>(
        named(
          `select schedules.job_id as "jobId", schedules.trigger, jobs.workspace_id as "workspaceId"
             from schedules join jobs on jobs.id = schedules.job_id
            where schedules.next_tick_at <= :now order by schedules.next_tick_at, schedules.job_id limit :limit`,
          { now, limit },
        ),
      ),

    /** Reads the schedules of jobs that the caller has locked, which prevents concurrent changes. */
    ofJobs: (jobIds: readonly string[]) =>
      sql.prepared<ScheduleRecord>(
        named(`select ${scheduleColumns} from schedules where job_id = any(:jobIds)`, { jobIds }),
      ),

    set: ({ jobId, trigger, timeZone, nextTickAt }: Omit<ScheduleRecord, 'previousTickAt'>) =>
      sql.execute(
        named(
          `insert into schedules (job_id, trigger, time_zone, next_tick_at) values (:jobId, :trigger, :timeZone, :nextTickAt)
             on conflict (job_id, trigger) do update set time_zone = excluded.time_zone, next_tick_at = excluded.next_tick_at`,
          { jobId, trigger, timeZone, nextTickAt },
        ),
      ),

    /** Records that ticks were handled, and sets the next ones. */
    advance: (ticks: readonly HandledTick[]) =>
      sql.executePrepared(
        named(
          `update schedules set previous_tick_at = handled.previous_tick_at, next_tick_at = handled.next_tick_at
             from unnest(:jobIds::uuid[], :triggers::text[], :previousTicksAt::timestamptz[], :nextTicksAt::timestamptz[])
                  as handled (job_id, trigger, previous_tick_at, next_tick_at)
            where schedules.job_id = handled.job_id and schedules.trigger = handled.trigger`,
          {
            jobIds: ticks.map(({ jobId }) => jobId),
            triggers: ticks.map(({ trigger }) => trigger),
            previousTicksAt: ticks.map(({ previousTickAt }) => previousTickAt),
            nextTicksAt: ticks.map(({ nextTickAt }) => nextTickAt),
          },
        ),
      ),

    remove: (jobId: string, trigger: string) =>
      sql.execute(
        named('delete from schedules where job_id = :jobId and trigger = :trigger', { jobId, trigger }),
      ),

    removeOfJobs: (jobIds: readonly string[]) =>
      sql.execute(named('delete from schedules where job_id = any(:jobIds)', { jobIds })),

    /**
     * Lists workspaces with active jobs that have a clock trigger but no schedule: a server without a
     * scheduler deployed them.
     */
    listUnarranged: async () => {
      const rows = await sql.query<{ workspaceId: string }>(
        `select distinct jobs.workspace_id as "workspaceId"
           from jobs join workspaces on workspaces.id = jobs.workspace_id
          cross join lateral unnest(jobs.triggers) as declared (trigger)
          where not jobs.is_archived and workspaces.archived_at is null
            and declared.trigger ~ '^(schedule|every|once):'
            and not exists (select 1 from schedules
                             where schedules.job_id = jobs.id and schedules.trigger = declared.trigger)`,
      );
      return rows.map((row) => row.workspaceId);
    },

    /** Returns the oldest tick that was not handled, possibly a future one; null if there is none. */
    nextTickAt: async () =>
      (
        await sql.one<{ at: Date | null }>(
          'select min(next_tick_at) as at from schedules where next_tick_at is not null',
        )
      ).at,
  };
}
