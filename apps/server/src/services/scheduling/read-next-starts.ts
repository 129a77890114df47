import type { StartContextStores } from '../runs/run-stores.ts';
import type { Clock } from './clock.ts';
import type { JobRecord, JobRunRecord } from '../../store/records.ts';
import type { NextStartBlock, PlannedStart } from './next-start-blocks.ts';
import type { Persistence } from '../../store/store.ts';
import { findNextStartBlock } from './next-start-blocks.ts';
import { readStartContext } from '../runs/start-context.ts';

export interface NextStart {
  /** Null for starts that wait for something without a known time. */
  at: Date | null;
  source: PlannedStart['source'];
  job: JobRecord;
  trigger: string;
  /** For starts that already have a pending run. */
  run: JobRunRecord | null;
  blocked: NextStartBlock | null;
  /** The last ended run of the job failed. */
  lastFailed: boolean;
}

type Planned = PlannedStart & Pick<NextStart, 'at' | 'trigger'> & { jobId: string };

export type ReadNextStarts = ReturnType<typeof createReadNextStarts>;

export function createReadNextStarts(
  { store }: Persistence<StartContextStores | 'installation' | 'nextStarts'>,
  clock: Clock,
) {
  /** Reads one more than the limit of each kind, to detect truncation. */
  async function plan(workspaceId: string, limit: number) {
    const atMost = limit + 1;
    const [ticks, retries, waiting, deferredStarts] = await Promise.all([
      store.nextStarts.listTicks(workspaceId, atMost),
      store.nextStarts.listRetries(workspaceId, atMost),
      store.nextStarts.listWaiting(workspaceId, atMost),
      store.nextStarts.listDeferred(workspaceId, atMost),
    ]);
    const timed: (Planned & { at: Date })[] = [
      ...ticks.map((tick) => ({ ...tick, source: 'tick' as const, at: tick.nextTickAt, tick })),
      ...retries.flatMap((run) => (run.notBefore ? [{ ...ofRun(run, 'retry'), at: run.notBefore }] : [])),
    ];
    const untimed: Planned[] = [
      ...waiting.map((run) => ofRun(run, run.isQueued ? 'queue' : 'pending')),
      ...deferredStarts.map((promise) => ({ ...promise, source: 'promise' as const, at: null, promise })),
    ];
    return { timed: timed.toSorted((a, b) => a.at.getTime() - b.at.getTime()), untimed };
  }

  /**
   * Reads the next starts of a workspace, and what blocks each of them. Starts without a time come first, in
   * the order in which they will start; then the others by time. Starts without a time fill at most half of
   * the list if enough others exist.
   */
  return async function readNextStarts(
    workspaceId: string,
    limit: number,
  ): Promise<{ items: NextStart[]; isTruncated: boolean }> {
    const { timed, untimed } = await plan(workspaceId, limit);
    const waiting = untimed.slice(0, Math.max(Math.ceil(limit / 2), limit - timed.length));
    const planned = [...waiting, ...timed.slice(0, limit - waiting.length)];
    const jobIds = [...new Set(planned.map(({ jobId }) => jobId))];
    const [context, failed, holders, now] = await Promise.all([
      store.jobs.getMany(jobIds).then((jobs) => readStartContext(store, workspaceId, jobs)),
      store.nextStarts.findFailed(jobIds),
      store.nextStarts.listLocalDataHolders(workspaceId),
      clock(store),
    ]);
    const items = planned.flatMap((start): NextStart[] => {
      const job = context.jobs.get(start.jobId);
      if (!job) return [];
      const { at, source, trigger } = start;
      const run = 'run' in start ? start.run : null;
      const blocked = findNextStartBlock(start, job, { context, holders, now });
      return [{ at, source, job, trigger, run, blocked, lastFailed: failed.has(job.id) }];
    });
    return { items, isTruncated: timed.length + untimed.length > planned.length };
  };
}

function ofRun<Source extends 'retry' | 'queue' | 'pending'>(run: JobRunRecord, source: Source) {
  return { source, run, jobId: run.jobId, trigger: run.trigger, at: null };
}
