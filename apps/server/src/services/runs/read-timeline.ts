import type { Clock } from '../scheduling/clock.ts';
import type {
  JobRecord,
  ScheduleRecord,
  TimelineCount,
  TimelineJob,
  TimelineRetry,
  TimelineRun,
} from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { TimeWindow } from '../paging/read-page.ts';
import { LRUCache } from 'lru-cache';
import { getTimeZone } from '../../domain/jobs/job-definition.ts';
import { listTicksUntil } from '../../domain/scheduling/next-run.ts';
import { maximumTimelineDays, maximumTimelineJobs } from '@pumphouse/contract';
import { readRange } from '../paging/read-page.ts';

/** The future ticks of one trigger. */
export interface PlannedTicks {
  jobId: string;
  trigger: string;
  timeZone: string;
  ticks: readonly Date[];
}

export interface Timeline {
  start: Date;
  end: Date;
  now: Date;
  jobs: TimelineJob[];
  hasMoreJobs: boolean;
  /** Oldest first. Only active ones if runs are counted. */
  runs: TimelineRun[];
  retries: TimelineRetry[];
  counts: { bucketSeconds: number; cells: TimelineCount[] } | null;
  planned: PlannedTicks[];
  /** Ticks after this time may be missing; null if none are. */
  ticksUntil: Date | null;
}

export type ReadTimeline = ReturnType<typeof createReadTimeline>;

const hourMs = 3_600_000;
const limits = { pastMs: 24 * hourMs, futureMs: 4 * hourMs, maxDays: maximumTimelineDays };
/** Enough for one count in each ten pixels of a wide screen. */
const bucketCount = 120;
const maxTicks = 4000;
const minTicksOfTrigger = 10;
const maxTicksOfTrigger = 300;

export function createReadTimeline(
  { store }: Persistence<'installation' | 'jobs' | 'schedules' | 'timeline'>,
  clock: Clock,
) {
  const listTicks = createTickCache();

  /** Reads runs, or counts ended ones if they are more than the limit. */
  async function readRuns(workspaceId: string, range: { start: Date; end: Date }, limit: number) {
    const isMore = await store.timeline.hasMore(workspaceId, range, limit);
    const runs = isMore ? [] : await store.timeline.listRuns(workspaceId, range, limit + 1);
    if (!isMore && runs.length <= limit) return { runs, counts: null };
    const bucketSeconds = Math.ceil((range.end.getTime() - range.start.getTime()) / bucketCount / 1000);
    const [activeRuns, cells] = await Promise.all([
      store.timeline.listActiveRuns(workspaceId, range.end, limit),
      store.timeline.countRuns(workspaceId, range, bucketSeconds),
    ]);
    return { runs: activeRuns, counts: { bucketSeconds, cells } };
  }

  async function readPlanned(jobs: readonly TimelineJob[], { now, end }: { now: Date; end: Date }) {
    const ids = jobs.filter(({ nextTickAt }) => nextTickAt !== null && nextTickAt < end).map(({ id }) => id);
    const [records, schedules] = await Promise.all([store.jobs.getMany(ids), store.schedules.ofJobs(ids)]);
    const byId = new Map(records.map((job) => [job.id, job]));
    const due = schedules.filter(({ nextTickAt }) => nextTickAt !== null && nextTickAt < end);
    const share = Math.floor(maxTicks / Math.max(1, due.length));
    const limit = Math.min(maxTicksOfTrigger, Math.max(minTicksOfTrigger, share));
    return due.flatMap((schedule) => {
      const job = byId.get(schedule.jobId);
      return job ? [planTicks(listTicks, job, schedule, { now, end, limit })] : [];
    });
  }

  /**
   * Reads the runs of a workspace that overlap a range, and the planned ticks in it.
   * @param asked.limit maximum number of runs before ended ones are counted instead
   * @throws ServiceError invalid_request if the range is empty or longer than 62 days
   */
  return async function readTimeline(
    workspaceId: string,
    asked: { window: TimeWindow; limit: number },
  ): Promise<Timeline> {
    const now = await clock(store);
    const range = readRange(asked.window, now, limits);
    const { runs, counts } = await readRuns(workspaceId, range, asked.limit);
    const jobIds = new Set([...runs, ...(counts?.cells ?? [])].map(({ jobId }) => jobId));
    const found = await store.timeline.listJobs(workspaceId, [...jobIds], maximumTimelineJobs + 1);
    const jobs = found.slice(0, maximumTimelineJobs);
    const retried = runs.filter(({ claimNumber }) => claimNumber > 1).map(({ id }) => id);
    const [retries, planned] = await Promise.all([
      retried.length === 0 ? [] : store.timeline.listRetries(retried),
      range.end > now ? readPlanned(jobs, { now, end: range.end }) : [],
    ]);
    const cuts = planned.flatMap(({ isCut, ticks }) => (isCut ? (ticks.at(-1) ?? []) : []));
    return {
      ...range,
      now,
      jobs,
      hasMoreJobs: found.length > jobs.length,
      runs,
      retries,
      counts,
      planned: planned.filter(({ ticks }) => ticks.length > 0),
      ticksUntil: cuts.length === 0 ? null : new Date(Math.min(...cuts.map((at) => at.getTime()))),
    };
  };
}

type TickRange = { first: Date; now: Date; end: Date; limit: number };

function planTicks(
  listTicks: ReturnType<typeof createTickCache>,
  job: JobRecord,
  { trigger, nextTickAt }: ScheduleRecord,
  { now, end, limit }: Omit<TickRange, 'first'>,
) {
  const ticks = nextTickAt === null ? [] : listTicks(job, trigger, { first: nextTickAt, now, end, limit });
  return {
    jobId: job.id,
    trigger,
    timeZone: getTimeZone(job.definition),
    ticks,
    isCut: ticks.length >= limit,
  };
}

const rememberedTriggers = 5000;

/**
 * Remembers the ticks of each trigger: an open page reads them again at each change of a run, and they stay
 * the same until the next tick. An overdue tick depends on the current time, so it is not remembered.
 */
function createTickCache() {
  const known = new LRUCache<string, readonly Date[]>({ max: rememberedTriggers });
  return (
    { definition, currentVersionId }: JobRecord,
    trigger: string,
    range: TickRange,
  ): readonly Date[] => {
    if (range.first <= range.now) return listTicksUntil(definition, trigger, range);
    const key = [currentVersionId, trigger, range.first.getTime(), range.end.getTime(), range.limit].join(
      ' ',
    );
    const ticks = known.get(key) ?? listTicksUntil(definition, trigger, range);
    known.set(key, ticks);
    return ticks;
  };
}
