import { useSyncExternalStore } from 'react';
import { getStaleSince } from '../live/live-state.ts';
import { formatDuration, formatJobClock, formatRelative, formatShortInstant } from './format.ts';

/** One shared clock for all times on the page. */
let nowMs = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function listen(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    // Durations do not grow while the server is away: their end would not be seen.
    nowMs = getStaleSince() ?? Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/**
 * The time (ms since 1970), rounded down to `stepSeconds`: a component renders again only when the step
 * changes.
 */
export function useNow(stepSeconds = 1): number {
  const stepMs = stepSeconds * 1000;
  return useSyncExternalStore(listen, () => Math.floor(nowMs / stepMs) * stepMs);
}

/** Relative time. Its tooltip has the exact time (`ui/time-titles.ts`). */
export function Time({ at }: { at: string }) {
  const instant = new Date(at);
  const isNear = Math.abs(instant.getTime() - useNow(30)) < 150_000;
  const now = new Date(useNow(isNear ? 1 : 30));
  return <time dateTime={at}>{formatRelative(instant, now)}</time>;
}

interface ClockTimeProps {
  at: string;
  /** The zone of the job whose clock causes it, for the tooltip. */
  jobZone?: string | null | undefined;
  /** Adds the time on that clock if it is another one. */
  hasJobClock?: boolean;
}

/** Clock time in its shortest unambiguous form: "00:00", "00:00 (08:00 Tokyo)". */
export function ClockTime({ at, jobZone, hasJobClock = false }: ClockTimeProps) {
  const instant = new Date(at);
  const jobClock = hasJobClock ? formatJobClock(instant, jobZone) : null;
  return (
    <time dateTime={at} data-zone={jobZone ?? undefined}>
      {formatShortInstant(instant, new Date(useNow(60)))}
      {jobClock !== null && <span className="quiet"> ({jobClock})</span>}
    </time>
  );
}

/** Elapsed time since `since`, counting up. */
export function RunningFor({ since }: { since: string }) {
  const seconds = Math.max(0, (useNow(1) - new Date(since).getTime()) / 1000);
  return <span className="number">{formatDuration(Math.floor(seconds))}</span>;
}
