import type { Bar, Cell } from './timeline-bars.ts';
import type { TimelineRow } from './timeline-rows.ts';
import type { Target } from './plot-layout.ts';
import { endOfBar } from './timeline-bars.ts';
import { formatDuration, formatJobClock, formatNoun, formatShortInstant } from '../../../ui/format.ts';
import { lateAfterMs } from './plot-layout.ts';
import { shortenJobName } from '../../../details/job-name.ts';

/** A description of what a pointer or the keyboard is at. */
export interface TargetText {
  title: string;
  /** Further lines: times first, then reasons. */
  lines: string[];
}

/** Describes a bar, a planned tick or a count. The job of a bar in a folded group is named by the caller. */
export function describeTarget(target: Target, nowMs: number, jobName: string): TargetText {
  if (target.kind === 'bar') return describeBar(target.bar, nowMs, jobName);
  if (target.kind === 'tick') return describeTick(target, nowMs, jobName);
  return describeCell(target.cell, nowMs, target.row);
}

const format = (atMs: number, nowMs: number) => formatShortInstant(new Date(atMs), new Date(nowMs));
const seconds = (ms: number) => formatDuration(Math.max(0, ms) / 1000);

function describeBar(bar: Bar, nowMs: number, jobName: string): TargetText {
  const title = `${shortenJobName(jobName)} #${bar.number}: ${bar.look.word}`;
  if (bar.skip) {
    const times = bar.skip.count > 1 ? ` (${bar.skip.count} times)` : '';
    const what = bar.skip.isMissed ? 'Missed tick' : 'Skipped start';
    return { title, lines: [`${what} at ${format(bar.createdMs, nowMs)}${times}`, bar.skip.reason] };
  }
  return { title, lines: [describeTimes(bar, nowMs), ...describeWait(bar, nowMs), ...describeRest(bar)] };
}

function describeTimes(bar: Bar, nowMs: number): string {
  if (bar.startedMs === null) return `Created ${format(bar.createdMs, nowMs)}, not started`;
  const from = format(bar.startedMs, nowMs);
  const took = seconds(endOfBar(bar, nowMs) - bar.startedMs);
  if (bar.finishedMs === null) return `Started ${from}, running for ${took}`;
  return `${from} to ${format(bar.finishedMs, nowMs)} (${took})`;
}

function describeWait(bar: Bar, nowMs: number): string[] {
  const waitMs = (bar.startedMs ?? endOfBar(bar, nowMs)) - bar.createdMs;
  if (waitMs < 1000) return [];
  const isWaiting = bar.startedMs === null && bar.finishedMs === null;
  return [
    `${isWaiting ? 'Waiting for' : 'Waited'} ${seconds(waitMs)}${isWaiting ? '' : ' before it started'}`,
    ...(bar.wait === null ? [] : [bar.wait]),
  ];
}

function describeRest(bar: Bar): string[] {
  const lines: string[] = [];
  if (bar.retriesMs.length > 0) lines.push(formatNoun(bar.retriesMs.length, 'retry', 'retries'));
  if (bar.tickMs !== null && bar.createdMs - bar.tickMs > lateAfterMs) {
    lines.push(`Late: created ${seconds(bar.createdMs - bar.tickMs)} after its tick`);
  }
  return lines;
}

function describeTick(
  { atMs, text, timeZone }: Extract<Target, { kind: 'tick' }>,
  nowMs: number,
  jobName: string,
): TargetText {
  const isLate = nowMs - atMs > lateAfterMs;
  const at = format(atMs, nowMs);
  const jobClock = formatJobClock(new Date(atMs), timeZone);
  return {
    title: `${shortenJobName(jobName)}: ${isLate ? 'late' : 'planned'} at ${at}${jobClock === null ? '' : ` (${jobClock})`}`,
    lines: [`${text} (${timeZone})`, ...(isLate ? ['The scheduler has not handled this tick yet.'] : [])],
  };
}

function describeCell(cell: Cell, nowMs: number, row: TimelineRow): TargetText {
  const total = cell.completed + cell.failed + cell.cancelled + cell.skipped;
  const parts = (['completed', 'failed', 'cancelled', 'skipped'] as const)
    .filter((state) => cell[state] > 0)
    .map((state) => `${cell[state]} ${state}`);
  return {
    title: `${row.label}: ${formatNoun(total, 'run')}`,
    lines: [
      `${format(cell.startMs, nowMs)} to ${format(cell.endMs, nowMs)}`,
      parts.join(', '),
      'Click to zoom in.',
    ],
  };
}
