import type { App, Visitor } from './app-gate.ts';
import { keyOfVisitor } from './exchange.ts';

export interface AppsLimits {
  /** Requests and WebSockets that are open at once. */
  connectionsOfApp: number;
  connectionsOfVisitor: number;
  /** How long the head of a request may take to arrive. */
  headMs: number;
  /** How long a request may go without a byte either way. */
  idleMs: number;
  /** How long a request waits for an app that starts. */
  waitMs: number;
  /** How often it is asked who may not see an app any more. */
  checkMs: number;
  /** How often bytes that move are noted as use. */
  noteMs: number;
  /** How long requests have to end when the server stops. */
  drainMs: number;
}

export const defaultLimits: AppsLimits = {
  connectionsOfApp: 1000,
  connectionsOfVisitor: 250,
  headMs: 30_000,
  idleMs: 10 * 60_000,
  waitMs: 20_000,
  checkMs: 5000,
  noteMs: 15_000,
  drainMs: 2000,
};

/** Counts what is open. `take` gives what ends it, or null where there are as many as there may be. */
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
