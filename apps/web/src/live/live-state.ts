import { useSyncExternalStore } from 'react';

/**
 * State of the event stream. `at` is the time of the last event, or when the stream was last known to be up
 * (ms since 1970).
 */
export interface LiveState {
  status: 'connecting' | 'live' | 'down';
  at: number | null;
}

let state: LiveState = { status: 'connecting', at: null };
const listeners = new Set<() => void>();

export function setLiveState(next: LiveState): void {
  state = next;
  for (const listener of listeners) listener();
}

/** True if the event stream is down, so that pages have to poll. */
export function isDown(): boolean {
  return state.status === 'down';
}

export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
