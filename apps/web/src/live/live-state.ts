import { useSyncExternalStore } from 'react';
import { isStale } from './stale.ts';

/** State of the event stream, as the leading tab reports it to all tabs. */
export interface LiveState {
  status: 'connecting' | 'live' | 'down';
  /** When the last event arrived, or when the stream ended (ms since 1970). */
  at: number | null;
  /** The last attempt to open the stream got no answer from a server. */
  isServerAway: boolean;
}

let state: LiveState = { status: 'connecting', at: null, isServerAway: false };
let lastAnswerMs: number | null = null;
/** The moment that the figures on the page are of; null while they follow the server. */
let staleSinceMs: number | null = null;
const listeners = new Set<() => void>();

export function setLiveState(next: LiveState): void {
  // Each failed attempt to open the stream reports `down` again.
  const isStillDown = state.status === 'down' && next.status === 'down';
  state = isStillDown ? { ...next, at: state.at } : next;
  update();
}

/** Notes that a request was answered. */
export function noteAnswer(): void {
  lastAnswerMs = Date.now();
  if (staleSinceMs !== null) update();
}

function update(): void {
  const downSinceMs = state.status === 'down' ? state.at : null;
  const { isServerAway } = state;
  const stale = isStale({ downSinceMs, isServerAway, lastAnswerMs, nowMs: Date.now() });
  staleSinceMs = stale ? (staleSinceMs ?? downSinceMs) : null;
  for (const listener of listeners) listener();
}

/** True if the event stream is down, so that pages have to poll. */
export function isDown(): boolean {
  return state.status === 'down';
}

/** The moment that the figures on the page are of (ms since 1970), if the server is away; else null. */
export const getStaleSince = (): number | null => staleSinceMs;

export function useLiveState(): LiveState {
  return useSyncExternalStore(listen, () => state);
}

export function useStaleSince(): number | null {
  return useSyncExternalStore(listen, getStaleSince);
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
