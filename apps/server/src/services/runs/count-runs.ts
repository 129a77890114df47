import type { JobRunFilter, RunBuckets } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { maximumCountedRuns } from '@pumphouse/contract';
import {
  chooseBucketMs,
  fillBuckets,
  originOfBuckets,
  quarterMs,
  sumBuckets,
  type CountBucket,
  type Range,
  type StateCounts,
} from '../../domain/runs/run-buckets.ts';
import { refuseQuery } from '../paging/read-page.ts';

/** The runs of a filtered list by state and time of creation. */
export interface RunCountsOfList {
  startMs: number;
  endMs: number;
  bucketSeconds: number;
  buckets: CountBucket[];
  total: StateCounts;
  /** Earlier runs than this are not counted; null if all are. */
  countedFrom: Date | null;
}

export type CountRuns = ReturnType<typeof createCountRuns>;

interface Request {
  filter: JobRunFilter;
  timezone: string;
  maxBuckets: number;
}

const dayMs = 86_400_000;

/** Creates the use case that counts the runs of a filtered list. It reads at most 20,000 runs one by one. */
export function createCountRuns(
  { store }: Persistence<'runCounts'>,
  clock: () => Date,
  maxCounted = maximumCountedRuns,
) {
  async function countEach(workspaceId: string, filter: JobRunFilter, buckets: RunBuckets) {
    const cells = await store.runCounts.countEach(workspaceId, filter, buckets, maxCounted + 1);
    const counted = cells.reduce((sum, { count }) => sum + count, 0);
    const oldestMs = Math.min(...cells.map(({ oldestAt }) => oldestAt.getTime()));
    return { cells, countedFrom: counted > maxCounted ? new Date(oldestMs) : null };
  }

  /** Adds sums of whole quarter hours to the runs of the quarter hours that the range cuts. */
  async function addUp(workspaceId: string, filter: JobRunFilter, range: Range, buckets: RunBuckets) {
    const whole = {
      start: new Date(Math.ceil(range.startMs / quarterMs) * quarterMs),
      end: new Date(Math.floor(range.endMs / quarterMs) * quarterMs),
    };
    const cells = await Promise.all([
      store.runCounts.sumQuarters(workspaceId, whole, buckets),
      countEach(workspaceId, { ...filter, end: whole.start }, buckets).then((counted) => counted.cells),
      countEach(workspaceId, { ...filter, start: whole.end }, buckets).then((counted) => counted.cells),
    ]);
    return { cells: cells.flat(), countedFrom: null };
  }

  /** Without a start the range begins with the oldest run of the workspace, whatever the other filters are. */
  async function chooseRange(workspaceId: string, { start, end }: JobRunFilter): Promise<Range> {
    const endMs = (end ?? clock()).getTime();
    if (start != null && start.getTime() >= endMs) throw refuseQuery('start', 'must be before end');
    const startMs = (start ?? (await store.runCounts.oldestAt(workspaceId)))?.getTime();
    return { startMs: startMs === undefined || startMs >= endMs ? endMs - dayMs : startMs, endMs };
  }

  /**
   * Counts the runs that a list shows for a filter, whatever its states.
   * @throws ServiceError invalid_request if the range ends before it starts
   */
  return async function countRuns(workspaceId: string, request: Request): Promise<RunCountsOfList> {
    const { filter, timezone, maxBuckets } = request;
    const range = await chooseRange(workspaceId, filter);
    const bucketMs = chooseBucketMs(range, maxBuckets);
    const originMs = originOfBuckets(range.endMs, timezone);
    const shape = { bucketSeconds: bucketMs / 1000, origin: new Date(originMs) };
    const isSummed =
      bucketMs % quarterMs === 0 && range.endMs - range.startMs > dayMs && hasOnlyRange(filter);
    const { cells, countedFrom } = isSummed
      ? await addUp(workspaceId, filter, range, shape)
      : await countEach(workspaceId, filter, shape);
    const buckets = fillBuckets(range, { bucketMs, originMs }, cells);
    const total = sumBuckets(buckets);
    return { ...range, bucketSeconds: shape.bucketSeconds, buckets, total, countedFrom };
  };
}

/** Reports whether a filter restricts only the time of creation: such runs are summed in advance. */
function hasOnlyRange(filter: JobRunFilter): boolean {
  const { start: _start, end: _end, includeSystemJobs, leaveOutSkipped, onlyUnknown, ...others } = filter;
  if (!includeSystemJobs || leaveOutSkipped || onlyUnknown) return false;
  return Object.values(others).every((value) => value == null);
}
