import type { App, Visitor } from './app-gate.ts';
import { keyOfVisitor } from './exchange.ts';

export interface AppsLimits {
  /** Maximum open requests and WebSockets. */
  connectionsOfApp: number;
  connectionsOfVisitor: number;
  /** Maximum time for the headers of a request. */
  headMs: number;
  /** Maximum time without a byte in either direction. */
  idleMs: number;
  /**
   * How long a connection to an app is kept for the next request. Shorter than servers' own timeouts (gunicorn 2 s,
   * uvicorn and Node 5 s): if both sides close at once, a request is lost.
   */
  reuseMs: number;
  /** Maximum wait of a request for a starting app. */
  waitMs: number;
  /** How often to check for visitors who may no longer see an app. */
  checkMs: number;
  /** Minimum interval between records of use. */
  noteMs: number;
  /** How long requests may take to finish when the server stops. */
  drainMs: number;
}

export const defaultLimits: AppsLimits = {
  connectionsOfApp: 1000,
  connectionsOfVisitor: 250,
  headMs: 30_000,
  idleMs: 10 * 60_000,
  reuseMs: 1500,
  waitMs: 20_000,
  checkMs: 5000,
  noteMs: 15_000,
  drainMs: 2000,
};

/** Counts open connections. `take` returns the release function, or null at the limit. */
export function createOpenCounts({
  connectionsOfApp,
  connectionsOfVisitor,
}: Pick<AppsLimits, 'connectionsOfApp' | 'connectionsOfVisitor'>) {
  const counts = new Map<string, number>();
  const count = (key: string) => counts.get(key) ?? 0;
  function change(key: string, by: number): void {
    const next = count(key) + by;
    if (next > 0) counts.set(key, next);
    else counts.delete(key);
  }

  return {
    take({ jobId }: App, visitor: Visitor): (() => void) | null {
      const visitorKey = `${jobId} ${keyOfVisitor(visitor)}`;
      if (count(jobId) >= connectionsOfApp || count(visitorKey) >= connectionsOfVisitor) return null;
      for (const key of [jobId, visitorKey]) change(key, 1);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        for (const key of [jobId, visitorKey]) change(key, -1);
      };
    },
  };
}
