import type { Logger } from 'pino';
import type { Store } from '../../store/store.ts';
import type { Visitor } from '../../proxy/app-gate.ts';
import { LRUCache } from 'lru-cache';

/** Frequent enough for idle times of a minute, with one statement for all apps. */
const writtenEveryMs = 5000;
const sessionUpdateMs = 60_000;

/** Records which apps are in use and by whom, every few seconds regardless of the number of requests. */
export function createUseRecorder({ store, log }: { store: Pick<Store, 'apps'>; log: Logger }) {
  const used = new Set<string>();
  const connected = new Set<string>();
  const recentlyUpdated = new LRUCache<string, true>({ max: 10_000, ttl: sessionUpdateMs });
  const seen = new Set<string>();
  let timer: NodeJS.Timeout | null = null;

  async function flush(): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    const [jobIds, connectedIds, sessionIds] = [[...used], [...connected], [...seen]];
    used.clear();
    connected.clear();
    seen.clear();
    if (jobIds.length > 0) await store.apps.noteUse(jobIds);
    if (connectedIds.length > 0) await store.apps.noteConnected(connectedIds);
    for (const id of sessionIds) await store.apps.noteSeen(id);
  }

  /** On failure an app may look unused and be stopped; the next request records its use again. */
  function schedule(): void {
    timer ??= setTimeout(
      () =>
        void flush().catch((error: unknown) => log.warn({ err: error }, 'the use of apps was not recorded')),
      writtenEveryMs,
    ).unref();
  }

  return {
    note(jobId: string, visitor: Visitor): void {
      used.add(jobId);
      if (visitor.kind !== 'key' && !recentlyUpdated.get(visitor.sessionId)) {
        recentlyUpdated.set(visitor.sessionId, true);
        seen.add(visitor.sessionId);
      }
      schedule();
    },
    noteConnected(jobIds: readonly string[]): void {
      for (const id of jobIds) connected.add(id);
      schedule();
    },
    flush,
  };
}
