import type { BackfillFilter, BackfillRecord, ListedWindow } from '../../store/records.ts';
import type { BackfillWindowState, WindowCounts } from '../../domain/backfills/backfill-state.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence } from '../../store/store.ts';
import { createPageReader } from '../paging/read-page.ts';
import { estimateSecondsLeft, limitParallel, withUnprepared } from '../../domain/backfills/backfill-state.ts';
import { getConcurrencyLimit } from '../../domain/jobs/job-definition.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** A backfill with its progress. */
export interface BackfillOverview {
  backfill: BackfillRecord;
  jobRef: string;
  counts: WindowCounts;
  /** Null while unknown, and once it has ended. */
  secondsLeft: number | null;
}

/** A window with what it waits for: the reason of the backfill, or that of its run. */
export type WaitingWindow = ListedWindow & { waitReason: string | null };

export interface WindowPage {
  windows: WaitingWindow[];
  /** The number after which the next page begins; null on the last one. */
  nextAfter: number | null;
}

export type ReadBackfills = ReturnType<typeof createReadBackfills>;

/** Creates the use cases that read backfills. Windows of open ones are counted; ended ones keep their counts. */
export function createReadBackfills({ store }: Persistence<'backfills' | 'backfillWindows' | 'jobs'>) {
  const readPage = createPageReader();

  async function describe(backfills: readonly BackfillRecord[]): Promise<BackfillOverview[]> {
    const open = backfills.filter(({ finalCounts }) => finalCounts === null).map(({ id }) => id);
    const [counts, times, jobs] = await Promise.all([
      open.length === 0 ? new Map<string, WindowCounts>() : store.backfillWindows.countOf(open),
      open.length === 0 ? [] : store.backfillWindows.timesOf(open),
      store.jobs.getMany([...new Set(backfills.map(({ jobId }) => jobId))]),
    ]);
    const meanOf = new Map(times.map(({ backfillId, meanSeconds }) => [backfillId, meanSeconds]));
    const jobOf = new Map(jobs.map((job) => [job.id, job]));
    return backfills.flatMap((backfill) => {
      const counted = counts.get(backfill.id);
      const own = backfill.finalCounts ?? (counted && withUnprepared(counted, backfill));
      const job = jobOf.get(backfill.jobId);
      if (!own || !job) return [];
      const secondsLeft =
        backfill.status === 'running'
          ? estimateSecondsLeft(own, {
              meanSeconds: meanOf.get(backfill.id) ?? null,
              parallel: limitParallel({ ...backfill, jobLimit: getConcurrencyLimit(job.definition) }),
            })
          : null;
      return [{ backfill, jobRef: job.jobRef, counts: own, secondsLeft }];
    });
  }

  async function get(workspaceId: string, backfillId: string): Promise<BackfillOverview> {
    const backfill = await store.backfills.get(workspaceId, backfillId);
    const [overview] = backfill ? await describe([backfill]) : [];
    if (!overview) throw new ServiceError('not_found', `There is no backfill ${backfillId}.`);
    return overview;
  }

  return {
    describe,

    /** Lists backfills, newest first. */
    async list(
      workspaceId: string,
      filter: BackfillFilter,
      page: PageRequest,
    ): Promise<Page<BackfillOverview>> {
      const found = await readPage(page, await store.backfills.list(workspaceId, filter));
      return { ...found, items: await describe(found.items) };
    },

    /** @throws ServiceError not_found */
    get,

    /**
     * Lists windows in the order in which they start.
     * @throws ServiceError not_found
     */
    async listWindows(
      workspaceId: string,
      backfillId: string,
      options: { after: number; limit: number; statuses: readonly BackfillWindowState[] | null },
    ): Promise<WindowPage> {
      const backfill = await store.backfills.get(workspaceId, backfillId);
      if (!backfill) throw new ServiceError('not_found', `There is no backfill ${backfillId}.`);
      const found = await store.backfillWindows.list(backfillId, { ...options, limit: options.limit + 1 });
      const first = await store.backfillWindows.findFirstWaiting(backfillId);
      const windows = found
        .slice(0, options.limit)
        .map((window) => ({ ...window, waitReason: describeWaiting(backfill, window, first) }));
      return { windows, nextAfter: found.length > options.limit ? (windows.at(-1)?.number ?? null) : null };
    },
  };
}

/** @param firstWaiting the number of the next window that starts */
function describeWaiting(
  { status, waitReason }: BackfillRecord,
  window: ListedWindow,
  firstWaiting: number | null,
): string | null {
  if (window.status === 'running') return window.runWaitReason;
  if (window.status !== 'waiting') return null;
  if (status === 'paused') return 'the backfill is paused';
  if (waitReason !== null) return waitReason;
  return firstWaiting === window.number ? 'it is the next to start' : 'windows before it start first';
}
