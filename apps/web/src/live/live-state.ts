import { useSyncExternalStore } from 'react';

/** Whether events arrive. `at` is when the last one did, or when the stream was last known to be in force (ms since 1970). */
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

/** Whether what is shown can only be known by asking again. */
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
