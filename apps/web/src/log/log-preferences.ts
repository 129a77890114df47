import { asObject } from '@pumphouse/contract';
import { useSyncExternalStore } from 'react';

/** Display preferences of the log viewer, stored in the browser. */
export interface LogPreferences {
  /** Null: wrap only on narrow screens. */
  isWrapped: boolean | null;
  hasTimes: boolean;
}

const key = 'pumphouse.log';
const listeners = new Set<() => void>();
let preferences = read();

function read(): LogPreferences {
  try {
    const { isWrapped, hasTimes } = asObject(JSON.parse(localStorage.getItem(key) ?? '{}'));
    return { isWrapped: typeof isWrapped === 'boolean' ? isWrapped : null, hasTimes: hasTimes === true };
  } catch {
    return { isWrapped: null, hasTimes: false };
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
