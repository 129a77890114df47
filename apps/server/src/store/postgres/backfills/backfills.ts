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
  'ignored_failures',
  'final_counts',
  'created_at',
  'updated_at',
  'ended_at',
]);

const createdAt: SortColumn = { sql: 'backfills.created_at', type: 'timestamptz', isNullable: false };

export type BackfillStore = ReturnType<typeof createBackfillStore>;

/** Stores backfills. */
export function createBackfillStore(sql: Queryable) {
  return {
    insert: (backfill: NewBackfill) =>
      sql.one<BackfillRecord>(
        named(
          `insert into backfills (workspace_id, job_id, created_by, starts_at, ends_at, mode, chunk_ticks, parallel, newest_first,
                                  profile, priority, max_failures, clock, window_count)
           values (:workspaceId, :jobId, :createdBy, :startsAt, :endsAt, :mode, :chunkTicks, :parallel, :newestFirst,
                   :profile, :priority, :maxFailures, :clock, :windowCount) returning ${backfillColumns}`,
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
        `select id from backfills where status in ('running', 'cancelling') order by created_at, id`,
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
            `backfills.status ${filter.isLive ? '' : 'not '}in ('running', 'paused', 'cancelling')`,
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
          `select count(*)::int as count from backfills where job_id = :jobId and status in ('running', 'paused', 'cancelling')`,
          { jobId },
        ),
      );
      return count;
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
