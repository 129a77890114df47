import { LRUCache } from 'lru-cache';
import { addStart, deservesTemplate, templateRules } from './template-policy.ts';

const MAX_KEYS = 1000;

/** What an executor remembers to decide which of its keys get a template. */
export function createTemplateDemand() {
  const starts = new LRUCache<string, number[]>({ max: MAX_KEYS });
  // Without `perf`, the cache would keep the clock from before a test replaced it.
  const failures = new LRUCache<string, true>({
    max: MAX_KEYS,
    ttl: templateRules.retryMs,
    perf: performance,
  });
  let problem: string | null = null;

  return {
    /** Notes a start of a key; returns whether the key deserves a template now. */
    noteStart(key: string, nowMs: number): boolean {
      const noted = addStart(starts.get(key) ?? [], nowMs);
      starts.set(key, noted);
      return deservesTemplate(noted);
    },
    readLastStart: (key: string): number | undefined => starts.get(key)?.at(-1),
    noteFailure(key: string, reason: string): void {
      failures.set(key, true);
      problem = reason;
    },
    noteSuccess: () => void (problem = null),
    /** Whether the last template of the key has failed a short time ago. */
    hasFailed: (key: string): boolean => failures.has(key),
    /** Why the last template could not be started; null if it could, or once the next attempt is due. */
    describeProblem: (): string | null => {
      failures.purgeStale();
      return failures.size === 0 ? null : problem;
    },
  };
}
