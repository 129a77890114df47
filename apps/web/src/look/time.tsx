import { useSyncExternalStore } from 'react';
import { formatDuration, formatInstant, formatRelative, formatShortInstant } from './format.ts';

/** One clock for all times on the page. */
let nowMs = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function listen(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time (ms since 1970), in steps of `stepSeconds`: a component is drawn again only when its step changes. */
export function useNow(stepSeconds = 1): number {
  const stepMs = stepSeconds * 1000;
  return useSyncExternalStore(listen, () => Math.floor(nowMs / stepMs) * stepMs);
}

/** How long ago or how soon, in words; the exact time in the viewer's zone on hover. */
export function Time({ at }: { at: string }) {
  const instant = new Date(at);
  const isNear = Math.abs(instant.getTime() - useNow(30)) < 150_000;
  const now = new Date(useNow(isNear ? 1 : 30));
  return (
    <time dateTime={at} title={formatInstant(instant)}>
      {formatRelative(instant, now)}
    </time>
  );
}

/** The clock time, shortened to what is needed today; the exact one on hover. */
export function ClockTime({ at }: { at: string }) {
  const instant = new Date(at);
  return (
    <time dateTime={at} title={formatInstant(instant)}>
      {formatShortInstant(instant, new Date(useNow(60)))}
    </time>
  );
}

/** The time from `since` on, counted while it is looked at. */
export function RunningFor({ since }: { since: string }) {
  const seconds = Math.max(0, (useNow(1) - new Date(since).getTime()) / 1000);
  return <span className="number">{formatDuration(Math.floor(seconds))}</span>;
}
