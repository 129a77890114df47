/** A warning or an error of the log. */
export interface RecentError {
  level: 'warning' | 'error';
  message: string;
  /** The message of the exception; null without one. */
  error: string | null;
  count: number;
  firstAt: Date;
  lastAt: Date;
}

/** The last warnings and errors of a server, in memory. */
export interface RecentErrors {
  note(entry: Pick<RecentError, 'level' | 'message' | 'error'>): void;
  /** Newest first. */
  list(): RecentError[];
}

const maxCharacters = 500;

/** @param max how many different ones are kept; one that repeats is counted */
export function createRecentErrors(max = 50): RecentErrors {
  // In the order of their last time.
  const entries = new Map<string, RecentError>();
  return {
    note({ level, message, error }) {
      const shown = {
        level,
        message: message.slice(0, maxCharacters),
        error: error === null ? null : error.slice(0, maxCharacters),
      };
      const key = JSON.stringify(shown);
      const now = new Date();
      const before = entries.get(key);
      entries.delete(key);
      entries.set(key, {
        ...shown,
        count: (before?.count ?? 0) + 1,
        firstAt: before?.firstAt ?? now,
        lastAt: now,
      });
      const [oldest] = entries.keys();
      if (entries.size > max && oldest !== undefined) entries.delete(oldest);
    },
    list: () => [...entries.values()].toReversed(),
  };
}
