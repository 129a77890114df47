import type { JobRunResourcesResponse, JobRunTimelineResponse } from '@pumphouse/contract';
import { silentMinutes } from '@pumphouse/contract';

type AttemptResources = JobRunResourcesResponse['attempts'][number];

/** One small chart: what was used over time, and the limit. */
export interface ResourceChart {
  name: string;
  /** SVG path of the area in a box of 100 by 100. */
  path: string;
  /** Distance of the limit from the top of the box; null if it is far above what was used, or there is none. */
  limitAt: number | null;
  peak: string;
  /** Null for no limit. */
  limit: string | null;
  /** The peak is within 10 % of the limit. */
  isNearLimit: boolean;
}

/** A limit above this multiple of the peak is not drawn: the use would be a flat line at the bottom. */
const maxHeadroom = 4;

interface Unit {
  format: (value: number) => string;
  /** The least height of a chart: less than this is nothing. */
  smallest: number;
}

const inBytes: Unit = { format: formatBinary, smallest: 1024 ** 2 };
const inCores: Unit = { format: formatCores, smallest: 0.1 };

/** Any program uses more. */
const leastMemoryBytes = 1024 ** 2;

/** False for an attempt that ended before its processes could be measured. */
export const isMeasured = (attempt: Pick<AttemptResources, 'memory_bytes' | 'peak_memory_bytes'>): boolean =>
  attempt.memory_bytes.length > 0 && attempt.peak_memory_bytes >= leastMemoryBytes;

/** Lays out the charts of an attempt. */
export function layOutCharts(
  attempt: AttemptResources,
  limits: JobRunResourcesResponse['limits'],
): ResourceChart[] {
  return [
    layOut('Memory', attempt.memory_bytes, attempt.peak_memory_bytes, limits.memory_bytes, inBytes),
    layOut('Cores', attempt.cores, Math.max(0, ...attempt.cores), limits.cores, inCores),
    layOut('Disk', attempt.disk_bytes, attempt.peak_disk_bytes, limits.disk_bytes, inBytes),
  ];
}

function layOut(
  name: string,
  values: readonly number[],
  peak: number,
  limit: number | null,
  { format, smallest }: Unit,
): ResourceChart {
  const isDrawn = limit !== null && limit <= peak * maxHeadroom;
  const top = Math.max(isDrawn ? limit : 0, peak, ...values, smallest);
  const heightOf = (value: number) => round(100 - (value / top) * 100);
  return {
    name,
    path: drawArea(values.map(heightOf)),
    limitAt: isDrawn ? heightOf(limit) : null,
    peak: format(peak),
    limit: limit === null ? null : format(limit),
    isNearLimit: limit !== null && peak >= limit * 0.9,
  };
}

/** Steps, because each point is a value of a span of time. */
function drawArea(heights: readonly number[]): string {
  if (heights.length === 0) return '';
  const width = 100 / heights.length;
  const steps = heights.map((height, index) => `V${height}H${round((index + 1) * width)}`);
  return `M0 100${steps.join('')}V100Z`;
}

const round = (value: number): number => Math.round(value * 100) / 100;
/** In the units of the limits of instance sizes, so that a limit shows as it was set. */
export function formatBinary(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  if (mebibytes < 1024) return `${Math.round(mebibytes)} MiB`;
  const gibibytes = mebibytes / 1024;
  return `${gibibytes.toFixed(Number.isInteger(gibibytes) ? 0 : 1)} GiB`;
}

function formatCores(cores: number): string {
  return cores.toFixed(cores < 10 ? 1 : 0);
}

/** For how many minutes the code of a running run has printed nothing; null if that is too short to tell. */
export function countSilentMinutes(
  { status, attempts }: Pick<JobRunTimelineResponse, 'status' | 'attempts'>,
  nowMs: number,
): number | null {
  const attempt = attempts.at(-1);
  if (status !== 'running' || !attempt?.started_at || attempt.finished_at !== null) return null;
  const since = new Date(attempt.last_output_at ?? attempt.started_at).getTime();
  const minutes = Math.floor((nowMs - since) / 60_000);
  return minutes >= silentMinutes ? minutes : null;
}
