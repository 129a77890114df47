import type { BackfillWindowState, WindowCounts } from '../../../domain/backfills/backfill-state.ts';
import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

export interface BackfillWindowRecord {
  backfillId: string;
  /** From 1, in the order in which they start. */
  number: number;
  jobId: string;
  startsAt: Date;
  endsAt: Date;
  status: BackfillWindowState;
  /** How often users have retried it. */
  round: number;
  /** Its last run, or the run that covered it; null before, and once retention has removed the run. */
  jobRunId: string | null;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** A window with the number of its run, and what that run waits for. */
export type ListedWindow = BackfillWindowRecord & {
  jobRunNumber: number | null;
  runWaitReason: string | null;
};

/** Windows that one statement inserts, as texts of Postgres: arrays of milliseconds since 1970. */
export interface WindowPortion {
  firstNumber: number;
  starts: string;
  ends: string;
}

/** The backfill whose windows are inserted. */
interface InsertedBackfill {
  id: string;
  jobId: string;
  workspaceId: string;
  createdAt: Date;
}

/** Durations of the last completed windows. */
export interface WindowTimes {
  meanSeconds: number | null;
}

const windowColumns = columns('backfill_windows', [
  'backfill_id',
  'number',
  'job_id',
  'starts_at',
  'ends_at',
  'status',
  'round',
  'job_run_id',
  'started_at',
  'finished_at',
]);

/** Windows whose durations an estimate follows. */
const maxTimed = 50;

export type BackfillWindowStore = ReturnType<typeof createBackfillWindowStore>;

/** Stores the windows of backfills. A database trigger ends them with their runs (migration 0041). */
export function createBackfillWindowStore(sql: Queryable) {
  return {
    /** Stores the windows of a new backfill in portions, which `insertPortion` inserts. They are in the order in which they start. */
    planPortions: (backfillId: string, portions: readonly WindowPortion[]) =>
      sql.execute(
        named(
          `insert into backfill_portions (backfill_id, first_number, starts, ends)
           select :backfillId::uuid, first_number, starts::bigint[], ends::bigint[]
             from unnest(:firstNumbers::int[], :starts::text[], :ends::text[]) as given (first_number, starts, ends)`,
          {
            backfillId,
            firstNumbers: portions.map(({ firstNumber }) => firstNumber),
            starts: portions.map(({ starts }) => starts),
            ends: portions.map(({ ends }) => ends),
          },
        ),
      ),

    /**
     * Inserts the windows of the next portion. Those that a run has completed since the backfill was created are
     * covered, as the database trigger marks the inserted ones.
     * @returns how many; 0 once no portion is left
     */
    insertPortion: ({ id, jobId, workspaceId, createdAt }: InsertedBackfill) =>
      sql.executePrepared(
        named(
          `with portion as (
             delete from backfill_portions
              where backfill_id = :id and first_number = (
                select min(first_number) from backfill_portions where backfill_id = :id)
             returning first_number, starts, ends),
           given as (
             select first_number + place - 1 as number, to_timestamp(starts_at / 1000.0) as starts_at, to_timestamp(ends_at / 1000.0) as ends_at
               from portion, unnest(starts, ends) with ordinality as given (starts_at, ends_at, place)),
           completed as materialized (
             select id, started_at, finished_at, interval_start, interval_end from job_runs
              where workspace_id = :workspaceId and finished_at >= :createdAt and job_id = :jobId and status = 'completed')
           insert into backfill_windows (backfill_id, job_id, number, starts_at, ends_at, status, job_run_id, started_at, finished_at)
           select :id::uuid, :jobId::uuid, number, starts_at, ends_at,
                  case when run.id is null then 'waiting' else 'covered' end, run.id, run.started_at, run.finished_at
             from given left join lateral (
               select * from completed where interval_start <= starts_at and interval_end >= ends_at
                order by completed.finished_at, id limit 1) as run on true`,
          { id, jobId, workspaceId, createdAt },
        ),
      ),

    /** Forgets the portions that are not inserted. */
    dropPortions: (backfillId: string) =>
      sql.execute(named('delete from backfill_portions where backfill_id = :backfillId', { backfillId })),

    /** Counts the windows of each backfill by state. */
    async countOf(backfillIds: readonly string[]): Promise<Map<string, WindowCounts>> {
      const rows = await sql.query<{ backfillId: string; status: BackfillWindowState; count: number }>(
        named(
          `select backfill_id as "backfillId", status, count(*)::int as count from backfill_windows
            where backfill_id = any(:backfillIds) group by backfill_id, status`,
          { backfillIds },
        ),
      );
      const counts = new Map(backfillIds.map((id) => [id, noWindows()]));
      for (const { backfillId, status, count } of rows) {
        const own = counts.get(backfillId);
        if (own) own[status] = count;
      }
      return counts;
    },

    /** Counts what a step depends on; `waiting` up to `atMost`, because it may be large. */
    async countForStep(backfillId: string, atMost: number) {
      return sql.one<Pick<WindowCounts, 'waiting' | 'running' | 'failed' | 'cancelled'>>(
        named(
          `select (select count(*) from (select from backfill_windows where backfill_id = :backfillId and status = 'waiting'
                     limit :atMost) as first)::int as waiting,
                  (select count(*) from backfill_windows where backfill_id = :backfillId and status = 'running')::int as running,
                  (select count(*) from backfill_windows where backfill_id = :backfillId and status = 'failed')::int as failed,
                  (select count(*) from backfill_windows where backfill_id = :backfillId and status = 'cancelled')::int as cancelled`,
          { backfillId, atMost },
        ),
      );
    },

    /** Counts the open windows of all backfills that have not ended, up to `atMost` of each state. */
    countOpen: (atMost: number) =>
      sql.one<Pick<WindowCounts, 'waiting' | 'running'>>(
        named(
          `with live as materialized (
             select id from backfills where status in ('preparing', 'running', 'paused', 'cancelling'))
           select (select count(*) from (
                     select from live join backfill_windows on backfill_id = live.id and status = 'waiting' limit :atMost) as first)::int as waiting,
                  (select count(*) from (
                     select from live join backfill_windows on backfill_id = live.id and status = 'running' limit :atMost) as first)::int as running`,
          { atMost },
        ),
      ),

    /** Lists the next windows that wait. */
    listWaiting: (backfillId: string, limit: number) =>
      sql.prepared<BackfillWindowRecord>(
        named(
          `select ${windowColumns} from backfill_windows where backfill_id = :backfillId and status = 'waiting'
            order by number limit :limit`,
          { backfillId, limit },
        ),
      ),

    /** Lists windows by number, after one, with those of some states only. */
    list: (
      backfillId: string,
      options: { after: number; limit: number; statuses: readonly BackfillWindowState[] | null },
    ) =>
      sql.query<ListedWindow>(
        named(
          `select ${windowColumns}, job_runs.number as "jobRunNumber",
                  case when backfill_windows.status = 'running' then job_runs.wait_reason end as "runWaitReason"
             from (select * from backfill_windows
                    where backfill_id = :backfillId and number > :after
                      and (:statuses::text[] is null or status = any(:statuses))
                    order by number limit :limit) as backfill_windows
             left join job_runs on job_runs.id = backfill_windows.job_run_id order by backfill_windows.number`,
          { backfillId, ...options },
        ),
      ),

    async findFirstWaiting(backfillId: string): Promise<number | null> {
      const { number } = await sql.one<{ number: number | null }>(
        named(
          `select min(number) as number from backfill_windows where backfill_id = :backfillId and status = 'waiting'`,
          { backfillId },
        ),
      );
      return number;
    },

    /** Marks a window as started with its run. */
    setRunning: (window: Pick<BackfillWindowRecord, 'backfillId' | 'number'>, jobRunId: string) =>
      sql.execute(
        named(
          `update backfill_windows set status = 'running', job_run_id = :jobRunId, started_at = null, finished_at = null
            where backfill_id = :backfillId and number = :number and status = 'waiting'`,
          { backfillId: window.backfillId, number: window.number, jobRunId },
        ),
      ),

    /** Marks waiting windows as covered: completed runs have loaded their time. */
    setCovered: (backfillId: string, numbers: readonly number[]) =>
      sql.execute(
        named(
          `update backfill_windows set status = 'covered', finished_at = now()
            where backfill_id = :backfillId and number = any(:numbers) and status = 'waiting'`,
          { backfillId, numbers },
        ),
      ),

    /** Counts the windows that have not started. */
    async countWaiting(backfillId: string): Promise<number> {
      const { count } = await sql.one<{ count: number }>(
        named(
          `select count(*)::int as count from backfill_windows where backfill_id = :backfillId and status = 'waiting'`,
          { backfillId },
        ),
      );
      return count;
    },

    /** Cancels up to `limit` windows that have not started. */
    cancelWaiting: (backfillId: string, limit: number) =>
      sql.execute(
        named(
          `update backfill_windows set status = 'cancelled', finished_at = now()
            where backfill_id = :backfillId and number in (
              select number from backfill_windows where backfill_id = :backfillId and status = 'waiting' limit :limit)`,
          { backfillId, limit },
        ),
      ),

    /** Lists the runs of the windows that are running. */
    async listRunning(backfillId: string) {
      const rows = await sql.query<{ jobRunId: string | null }>(
        named(
          `select job_run_id as "jobRunId" from backfill_windows
            where backfill_id = :backfillId and status = 'running' and job_run_id is not null order by number`,
          { backfillId },
        ),
      );
      return rows.flatMap(({ jobRunId }) => jobRunId ?? []);
    },

    /**
     * Lets failed, cancelled and skipped windows wait again, without those that overlap open windows of other backfills, or
     * that completed runs have loaded in part since.
     * @param numbers null for all that failed or were cancelled
     * @param limit how many at most
     * @returns how many
     */
    // Materialized: on old statistics the planner would choose the windows anew for each one that it updates.
    retry: (backfillId: string, numbers: readonly number[] | null, limit: number) =>
      sql.execute(
        named(
          `with chosen as materialized (select number from backfill_windows where backfill_id = :backfillId
              and case when :numbers::int[] is null then status in ('failed', 'cancelled')
                       else number = any(:numbers) and status in ('failed', 'cancelled', 'skipped') end
              and not exists (select from backfill_windows as other
                               where other.job_id = backfill_windows.job_id and other.backfill_id <> :backfillId
                                 and other.status in ('waiting', 'running')
                                 and other.starts_at < backfill_windows.ends_at and other.ends_at > backfill_windows.starts_at)
              and not exists (select from job_coverage where job_coverage.job_id = backfill_windows.job_id
                                 and completed && tstzrange(starts_at, ends_at)
                                 and not completed @> tstzrange(starts_at, ends_at))
              order by number limit :limit)
           update backfill_windows set status = 'waiting', round = round + 1, started_at = null, finished_at = null
             from chosen where backfill_id = :backfillId and backfill_windows.number = chosen.number`,
          { backfillId, numbers, limit },
        ),
      ),

    /** Skips windows that wait, failed or were cancelled. */
    skip: (backfillId: string, numbers: readonly number[]) =>
      sql.execute(
        named(
          `update backfill_windows set status = 'skipped', finished_at = coalesce(finished_at, now())
            where backfill_id = :backfillId and number = any(:numbers) and status in ('waiting', 'failed', 'cancelled')`,
          { backfillId, numbers },
        ),
      ),

    /** Reads the mean duration of the last completed windows of each backfill. */
    timesOf: (backfillIds: readonly string[]) =>
      sql.query<{ backfillId: string } & WindowTimes>(
        named(
          `select asked.id as "backfillId", (select avg(extract(epoch from finished_at - started_at))::float8
                from (select started_at, finished_at from backfill_windows
                       where backfill_id = asked.id and status = 'completed' and started_at is not null
                       order by number desc limit ${maxTimed}) as last) as "meanSeconds"
             from unnest(:backfillIds::uuid[]) as asked (id)`,
          { backfillIds },
        ),
      ),
  };
}

const noWindows = (): WindowCounts => ({
  waiting: 0,
  running: 0,
  completed: 0,
  covered: 0,
  failed: 0,
  cancelled: 0,
  skipped: 0,
});
