import type { BackfillMode } from '../../../domain/backfills/window-states.ts';
import type { BackfillState, PauseReason, WindowCounts } from '../../../domain/backfills/backfill-state.ts';
import type { Queryable } from '../pool.ts';
import type { RowList, SortColumn } from '../statements/keyset.ts';
import { columns } from '../statements/columns.ts';
import { countRows, orderOf, readRange, walk } from '../statements/keyset.ts';
import { createConditions } from '../statements/conditions.ts';
import { named } from '../statements/named.ts';

export interface BackfillRecord {
  id: string;
  workspaceId: string;
  jobId: string;
  /** The membership of the user who created it. */
  createdBy: string | null;
  startsAt: Date;
  endsAt: Date;
  mode: BackfillMode;
  chunkTicks: number;
  parallel: number;
  newestFirst: boolean;
  /** Null: the profile of the job. */
  profile: string | null;
  priority: number;
  maxFailures: number | null;
  /** `JobClock.key` of the schedule that its windows follow from. */
  clock: string;
  status: BackfillState;
  pauseReason: PauseReason | null;
  waitReason: string | null;
  windowCount: number;
  /** Windows that are inserted; null: all. */
  preparedCount: number | null;
  /** The pipeline with which its windows write one after the other; null: none is known. */
  turnsOn: string | null;
  ignoredFailures: number;
  /** Null until it has ended. */
  finalCounts: WindowCounts | null;
  createdAt: Date;
  updatedAt: Date;
  endedAt: Date | null;
}

export type NewBackfill = Pick<
  BackfillRecord,
  | 'workspaceId'
  | 'jobId'
  | 'createdBy'
  | 'startsAt'
  | 'endsAt'
  | 'mode'
  | 'chunkTicks'
  | 'parallel'
  | 'newestFirst'
  | 'profile'
  | 'priority'
  | 'maxFailures'
  | 'clock'
  | 'windowCount'
  | 'turnsOn'
  | 'preparedCount'
  | 'waitReason'
  | 'createdAt'
>;

/** Changes of a backfill; undefined leaves a column as it is. */
export type BackfillChange = Partial<
  Pick<
    BackfillRecord,
    | 'status'
    | 'pauseReason'
    | 'waitReason'
    | 'parallel'
    | 'priority'
    | 'maxFailures'
    | 'ignoredFailures'
    | 'clock'
    | 'turnsOn'
    | 'preparedCount'
    | 'finalCounts'
  >
>;

export interface BackfillFilter {
  jobId?: string | null;
  isLive?: boolean | null;
}

const backfillColumns = columns('backfills', [
  'id',
  'workspace_id',
  'job_id',
  'created_by',
  'starts_at',
  'ends_at',
  'mode',
  'chunk_ticks',
  'parallel',
  'newest_first',
  'profile',
  'priority',
  'max_failures',
  'clock',
  'status',
  'pause_reason',
  'wait_reason',
  'window_count',
  'prepared_count',
  'turns_on',
  'ignored_failures',
  'final_counts',
  'created_at',
  'updated_at',
  'ended_at',
]);

const createdAt: SortColumn = { sql: 'backfills.created_at', type: 'timestamptz', isNullable: false };

/** Backfills of the installation in the same state, paused for the same reason. */
export interface OpenBackfills {
  status: BackfillState;
  /** Null if they are not paused. */
  pauseReason: PauseReason | null;
  count: number;
  /** Windows that are not inserted yet. */
  unprepared: number;
}

export type BackfillStore = ReturnType<typeof createBackfillStore>;

/** Stores backfills. */
export function createBackfillStore(sql: Queryable) {
  return {
    /** Inserts a backfill that is running, or preparing if not all of its windows are inserted. */
    insert: (backfill: NewBackfill) =>
      sql.one<BackfillRecord>(
        named(
          `insert into backfills (workspace_id, job_id, created_by, starts_at, ends_at, mode, chunk_ticks, parallel, newest_first,
                                  profile, priority, max_failures, clock, window_count, turns_on,
                                  prepared_count, status, wait_reason, created_at)
           values (:workspaceId, :jobId, :createdBy, :startsAt, :endsAt, :mode, :chunkTicks, :parallel, :newestFirst,
                   :profile, :priority, :maxFailures, :clock, :windowCount, :turnsOn,
                   :preparedCount::int, case when :preparedCount::int is null then 'running' else 'preparing' end, :waitReason, :createdAt)
           returning ${backfillColumns}`,
          { ...backfill },
        ),
      ),

    get: (workspaceId: string, backfillId: string) =>
      sql.maybeOne<BackfillRecord>(
        named(
          `select ${backfillColumns} from backfills where workspace_id = :workspaceId and id = :backfillId`,
          { workspaceId, backfillId },
        ),
      ),

    find: (backfillId: string) =>
      sql.maybeOnePrepared<BackfillRecord>(
        named(`select ${backfillColumns} from backfills where id = :backfillId`, { backfillId }),
      ),

    /** Lists the ids of backfills with something to do, oldest first. */
    listLive: async () => {
      const rows = await sql.prepared<{ id: string }>(
        `select id from backfills where status in ('preparing', 'running', 'cancelling') order by created_at, id`,
      );
      return rows.map(({ id }) => id);
    },

    /** Lists backfills of a workspace, newest first. */
    async list(workspaceId: string, filter: BackfillFilter): Promise<RowList<BackfillRecord>> {
      const conditions = () => {
        const where = createConditions();
        where.add('backfills.workspace_id = ?', workspaceId);
        where.add('backfills.job_id = ?', filter.jobId);
        if (filter.isLive != null)
          where.require(
            `backfills.status ${filter.isLive ? '' : 'not '}in ('preparing', 'running', 'paused', 'cancelling')`,
          );
        return where;
      };
      return {
        read: async (range) => {
          const where = conditions();
          const order = orderOf({}, null, { newest: createdAt, id: 'backfills.id' });
          const text = walk({ columns: backfillColumns, from: 'backfills', where }, order, range);
          return readRange<BackfillRecord>(sql, { text, where, isPrepared: false }, range);
        },
        count: (atMost) =>
          countRows(sql, { from: 'backfills', where: conditions() }, atMost, { isPrepared: false }),
      };
    },

    /** Counts the backfills of a job that have not ended. */
    async countOpen(jobId: string) {
      const { count } = await sql.one<{ count: number }>(
        named(
          `select count(*)::int as count from backfills where job_id = :jobId and status in ('preparing', 'running', 'paused', 'cancelling')`,
          { jobId },
        ),
      );
      return count;
    },

    /** Counts the backfills of the installation that have not ended, by state and by the reason of a pause. */
    summarizeOpen: () =>
      sql.query<OpenBackfills>(
        `select status, pause_reason as "pauseReason", count(*)::int as count,
                coalesce(sum(window_count - prepared_count), 0)::int as unprepared
           from backfills where status in ('preparing', 'running', 'paused', 'cancelling') group by status, pause_reason`,
      ),

    /**
     * Finds the pipeline for which the code of running windows waits while another window of the backfill has it.
     * @returns its name; null if no window waits for another one
     */
    async findTurns(backfillId: string): Promise<string | null> {
      const row = await sql.maybeOnePrepared<{ name: string }>(
        named(
          `select waiting.name from backfill_windows as own
             join attempts on attempts.job_run_id = own.job_run_id and attempts.closed_at is null and attempts.exit is null
             join pipeline_holds as waiting on waiting.attempt_id = attempts.id and waiting.held_at is null
             join pipeline_holds as held on held.held_at is not null and held.attempt_id <> waiting.attempt_id
                  and (held.kind, held.profile, held.name, held.destination)
                    = (waiting.kind, waiting.profile, waiting.name, waiting.destination)
                  and held.workspace_id = waiting.workspace_id
             join attempts as holding on holding.id = held.attempt_id
             join job_runs on job_runs.id = holding.job_run_id and job_runs.backfill_id = own.backfill_id
            where own.backfill_id = :backfillId and own.status = 'running' limit 1`,
          { backfillId },
        ),
      );
      return row?.name ?? null;
    },

    /** Finds a pipeline with which at least two of the last three completed runs of the job have written; null if there is none. */
    async findPipelineOfRuns(jobId: string): Promise<string | null> {
      const row = await sql.maybeOne<{ name: string }>(
        named(
          `select pipeline_name as name from pipeline_runs
            where job_run_id in (select id from job_runs where job_id = :jobId and status = 'completed'
                                  order by number desc limit 3)
            group by pipeline_name having count(distinct job_run_id) > 1 order by 1 limit 1`,
          { jobId },
        ),
      );
      return row?.name ?? null;
    },

    /** Removes ended backfills with their windows: up to `limit` windows, and the backfills that have none left. */
    async removeEnded(endedBefore: Date, limit: number): Promise<{ windows: number; backfills: number }> {
      return sql.one(
        named(
          `with ended as (
             select id from backfills where ended_at < :endedBefore order by ended_at, id limit 20 for update skip locked),
           chosen as (
             select backfill_id, number from backfill_windows where backfill_id in (select id from ended) limit :limit),
           gone as (
             delete from backfill_windows using chosen where backfill_windows.backfill_id = chosen.backfill_id
                and backfill_windows.number = chosen.number returning backfill_windows.backfill_id),
           removed as (
             delete from backfills where id in (select id from ended)
                and (select count(*) from chosen) < :limit returning id)
           select (select count(*) from gone)::int as windows, (select count(*) from removed)::int as backfills`,
          { endedBefore, limit },
        ),
      );
    },

    /** Changes a backfill. The caller holds the lock of its job. */
    update: (backfillId: string, change: BackfillChange) => {
      const set = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const isEnd = change.finalCounts != null;
      return sql.one<BackfillRecord>(
        named(
          `update backfills set ${Object.keys(set)
            .map((key) => `${toColumn(key)} = :${key}`)
            .concat('updated_at = now()', `ended_at = ${isEnd ? 'now()' : 'null'}`)
            .join(', ')} where id = :backfillId returning ${backfillColumns}`,
          { ...set, backfillId },
        ),
      );
    },
  };
}

const toColumn = (key: string) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
