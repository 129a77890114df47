import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';

/** When the clock next starts a job by one of its triggers. */
export interface ScheduleRecord {
  jobId: string;
  trigger: string;
  timeZone: string;
  /** Null when the trigger fires no more. */
  nextTickAt: Date | null;
  /** The last tick on which it was decided whether a run starts. */
  previousTickAt: Date | null;
}

/** A trigger whose tick has come. */
export type DueTick = Pick<ScheduleRecord, 'jobId' | 'trigger'> & { workspaceId: string };

const scheduleColumns = columns('schedules', [
  'job_id',
  'trigger',
  'time_zone',
  'next_tick_at',
  'previous_tick_at',
]);

export type ScheduleStore = ReturnType<typeof createScheduleStore>;

/** The ticks to come. Their time is the database's: the clocks of servers need not agree. */
export function createScheduleStore(sql: Queryable) {
  return {
    /** Ticks that have come, oldest first. Whoever acts on one holds its job, and looks again. */
    listDue: (now: Date, limit: number) =>
      sql.prepared<DueTick>(
        `select schedules.job_id as "jobId", schedules.trigger, jobs.workspace_id as "workspaceId"
           from schedules join jobs on jobs.id = schedules.job_id
          where schedules.next_tick_at <= $1 order by schedules.next_tick_at, schedules.job_id limit $2`,
        [now, limit],
      ),

    /** The schedules of jobs that the caller has locked, so that nobody changes them meanwhile. */
    ofJobs: (jobIds: readonly string[]) =>
      sql.prepared<ScheduleRecord>(`select ${scheduleColumns} from schedules where job_id = any($1)`, [
        jobIds,
      ]),

    set: ({ jobId, trigger, timeZone, nextTickAt }: Omit<ScheduleRecord, 'previousTickAt'>) =>
      sql.execute(
        `insert into schedules (job_id, trigger, time_zone, next_tick_at) values ($1, $2, $3, $4)
             on conflict (job_id, trigger) do update set time_zone = excluded.time_zone, next_tick_at = excluded.next_tick_at`,
        [jobId, trigger, timeZone, nextTickAt],
      ),

    /** A tick was decided on; the next one follows. */
    advance: (jobId: string, trigger: string, ticks: { previousTickAt: Date; nextTickAt: Date | null }) =>
      sql.executePrepared(
        'update schedules set previous_tick_at = $3, next_tick_at = $4 where job_id = $1 and trigger = $2',
        [jobId, trigger, ticks.previousTickAt, ticks.nextTickAt],
      ),

    remove: (jobId: string, trigger: string) =>
      sql.execute('delete from schedules where job_id = $1 and trigger = $2', [jobId, trigger]),

    removeOfJobs: (jobIds: readonly string[]) =>
      sql.execute('delete from schedules where job_id = any($1)', [jobIds]),

    /** Workspaces with jobs in service that have a clock trigger and no schedule: a server without a scheduler deployed them. */
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

    /** The oldest tick that nobody has decided on, which may be one to come; null when there is none. */
    nextTickAt: async () =>
      (
        await sql.one<{ at: Date | null }>(
          'select min(next_tick_at) as at from schedules where next_tick_at is not null',
        )
      ).at,
  };
}
