import { useSyncExternalStore } from 'react';

/** How somebody likes to read logs; kept in their browser. */
export interface LogPreferences {
  /** Null: where the window is narrow. */
  isWrapped: boolean | null;
  hasTimes: boolean;
}

const key = 'pumphouse.log';
const listeners = new Set<() => void>();
let preferences = read();

function read(): LogPreferences {
  const fallback = { isWrapped: null, hasTimes: false };
  try {
    return { ...fallback, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<LogPreferences>) };
  } catch {
    return fallback;
  }
}

export function setLogPreferences(change: Partial<LogPreferences>): void {
  preferences = { ...preferences, ...change };
  localStorage.setItem(key, JSON.stringify(preferences));
  for (const listener of listeners) listener();
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLogPreferences(): LogPreferences {
  return useSyncExternalStore(listen, () => preferences);
}
