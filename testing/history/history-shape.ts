/** When the jobs of the workspace ran in the past, and how much they loaded. Pure. */
import type { ResourceUsage } from '@pumphouse/server/domain/attempts/resource-usage.ts';
import { createDraw, type Draw } from '@pumphouse/server/store/postgres/testing/random-history.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;

/** A run in the past, as a variation of a real one. */
export interface PastRun {
  jobRef: string;
  /** The real run that it is a copy of. */
  model: 'before' | 'now' | 'failed';
  /** Null for a run that another job's success has started. */
  tickAtMs: number | null;
  createdAtMs: number;
  startedAtMs: number;
  finishedAtMs: number;
  /** Rows and bytes are those of the model times this. */
  loadFactor: number;
  usage: ResourceUsage;
}

interface JobShape {
  jobRef: string;
  /** Minutes of the day in UTC. */
  minutes: readonly number[];
  onWeekdays?: boolean;
  /** The job of which each success starts this one. */
  follows?: string;
  seconds: number;
  /** Most of the time; twice as much at the peak. */
  memoryMebibytes: number;
  cores: number;
  /** One run in this many fails. */
  failsOneIn?: number;
  /** Fails at every tick of the last days. */
  failingDays?: number;
  /** How much more it loads on a Saturday or a Sunday. */
  weekendFactor?: number;
}

const hours = (every: number, minute: number) =>
  Array.from({ length: 24 / every }, (_, index) => index * every * 60 + minute);

const shapes: readonly JobShape[] = [
  {
    jobRef: 'jobs.shop_orders',
    minutes: [245],
    seconds: 1320,
    memoryMebibytes: 620,
    cores: 0.9,
    weekendFactor: 1.7,
  },
  {
    jobRef: 'jobs.revenue_by_day',
    minutes: [],
    follows: 'jobs.shop_orders',
    seconds: 420,
    memoryMebibytes: 280,
    cores: 0.5,
  },
  {
    jobRef: 'jobs.customer_mart',
    minutes: [],
    follows: 'jobs.revenue_by_day',
    seconds: 600,
    memoryMebibytes: 350,
    cores: 0.6,
  },
  {
    jobRef: 'jobs.inventory',
    minutes: hours(1, 20),
    seconds: 340,
    memoryMebibytes: 240,
    cores: 0.4,
    weekendFactor: 0.8,
  },
  {
    jobRef: 'jobs.stripe_payments',
    minutes: [255],
    onWeekdays: true,
    seconds: 700,
    memoryMebibytes: 310,
    cores: 0.5,
    failingDays: 3,
  },
  { jobRef: 'jobs.exchange_rates', minutes: hours(6, 0), seconds: 14, memoryMebibytes: 150, cores: 0.2 },
  {
    jobRef: 'jobs.hubspot_contacts',
    minutes: hours(2, 10),
    seconds: 860,
    memoryMebibytes: 480,
    cores: 0.7,
    weekendFactor: 0.35,
    failsOneIn: 60,
  },
  {
    jobRef: 'jobs.support_tickets',
    minutes: [465],
    seconds: 540,
    memoryMebibytes: 260,
    cores: 0.4,
    weekendFactor: 0.4,
  },
  { jobRef: 'jobs.ad_spend', minutes: [420], seconds: 380, memoryMebibytes: 220, cores: 0.4 },
  {
    jobRef: 'jobs.ga4_events',
    minutes: [330],
    seconds: 3500,
    memoryMebibytes: 900,
    cores: 1.1,
    weekendFactor: 1.3,
  },
  { jobRef: 'jobs.clean_up', minutes: [180], seconds: 6, memoryMebibytes: 90, cores: 0.1 },
];

export interface PastRange {
  nowMs: number;
  days: number;
  /** When the present code was deployed: earlier runs are copies of runs of the code before. */
  deployedAtMs: number;
}

/** All runs of the range, oldest first. Loads grow by a half over the range. */
export function drawPastRuns(range: PastRange, seed = 7): PastRun[] {
  const draw = createDraw(seed);
  const firstDayMs = Math.floor(range.nowMs / dayMs) * dayMs - range.days * dayMs;
  const runs: PastRun[] = [];
  for (let day = 0; day <= range.days; day += 1)
    for (const shape of shapes)
      runs.push(...drawDay(draw, { shape, dayMs: firstDayMs + day * dayMs, range }));
  return runs.toSorted((one, other) => one.createdAtMs - other.createdAtMs);
}

interface DayScope {
  shape: JobShape;
  /** The start of the day. */
  dayMs: number;
  range: PastRange;
}

function drawDay(draw: Draw, { shape, dayMs: startMs, range }: DayScope): PastRun[] {
  const isWeekend = [0, 6].includes(new Date(startMs).getUTCDay());
  if (shape.onWeekdays === true && isWeekend) return [];
  const ticks = shape.minutes.map((minute) => startMs + minute * minuteMs);
  const runs: PastRun[] = [];
  for (const tickAtMs of ticks) {
    const run = drawRun(draw, { shape, range, isWeekend, tickAtMs, createdAtMs: tickAtMs + draw(900) });
    if (run.finishedAtMs > range.nowMs) continue;
    runs.push(run, ...drawFollowing(draw, run, { range, isWeekend }));
  }
  return runs;
}

interface RunScope {
  shape: JobShape;
  range: PastRange;
  isWeekend: boolean;
  tickAtMs: number | null;
  createdAtMs: number;
}

function drawRun(draw: Draw, { shape, range, isWeekend, tickAtMs, createdAtMs }: RunScope): PastRun {
  const isInFailingDays = range.nowMs - createdAtMs < (shape.failingDays ?? 0) * dayMs;
  const fails = isInFailingDays || (shape.failsOneIn !== undefined && draw(shape.failsOneIn) === 0);
  const growth = 1.5 - (range.nowMs - createdAtMs) / (range.days * dayMs) / 2;
  const noise = 0.88 + draw(24) / 100;
  const weekend = isWeekend ? (shape.weekendFactor ?? 1) : 1;
  const startedAtMs = createdAtMs + 900 + draw(2500);
  const seconds = shape.seconds * (fails ? 0.3 : noise * growth * weekend);
  return {
    jobRef: shape.jobRef,
    model: fails ? 'failed' : createdAtMs < range.deployedAtMs ? 'before' : 'now',
    tickAtMs,
    createdAtMs,
    startedAtMs,
    finishedAtMs: startedAtMs + Math.round(seconds * 1000),
    loadFactor: noise * growth * weekend,
    usage: drawUsage(draw, shape, seconds),
  };
}

const points = 24;
const mebibyte = 1024 ** 2;

/** A timeline that grows for a while, has its peak late, and ends small. */
function drawUsage(draw: Draw, { memoryMebibytes, cores }: JobShape, seconds: number): ResourceUsage {
  const secondsPerPoint = Math.max(0.5, seconds / points);
  const shape = Array.from({ length: points }, (_, point) => {
    const rise = Math.min(1, 0.4 + point / 10);
    const peak = point > 14 && point < 19 ? 1.6 : 1;
    return rise * peak * (0.85 + draw(30) / 100);
  });
  const memoryBytes = shape.map((share) => Math.round(share * memoryMebibytes * mebibyte));
  const diskBytes = shape.map((_, point) => point * 3 * mebibyte);
  return {
    secondsPerPoint,
    memoryBytes,
    cpuMicroseconds: shape.map((share) => Math.round(share * cores * secondsPerPoint * 1e6)),
    diskBytes,
    peakMemoryBytes: Math.max(...memoryBytes),
    peakDiskBytes: Math.max(...diskBytes),
    measuredBy: 'group',
  };
}

function drawFollowing(draw: Draw, before: PastRun, scope: Pick<RunScope, 'range' | 'isWeekend'>): PastRun[] {
  if (before.model === 'failed') return [];
  return shapes
    .filter(({ follows }) => follows === before.jobRef)
    .flatMap((shape) => {
      const createdAtMs = before.finishedAtMs + 20 + draw(200);
      const run = drawRun(draw, { ...scope, shape, tickAtMs: null, createdAtMs });
      if (run.finishedAtMs > scope.range.nowMs) return [];
      return [run, ...drawFollowing(draw, run, scope)];
    });
}
