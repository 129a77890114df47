import type { App, AppGate, AppState } from './app-gate.ts';
import { setTimeout as delay } from 'node:timers/promises';

type Settled = Exclude<AppState, { kind: 'starting' }>;
type Waiter = (state: Settled | null) => void;

const pollMs = 250;

/** Waits for starting apps, with one poll per app for all waiting requests. */
export function createWaiting(gate: AppGate, waitMs: number) {
  const waiters = new Map<string, Set<Waiter>>();

  async function poll(app: App, waiting: Set<Waiter>): Promise<void> {
    while (waiting.size > 0) {
      await delay(pollMs, undefined, { ref: false });
      // A failed call may succeed next time; each waiter has its own timeout.
      const state = await gate.wake(app).catch(() => null);
      if (state && state.kind !== 'starting') for (const settle of waiting) settle(state);
    }
    waiters.delete(app.jobId);
  }

  function join(app: App, waiter: Waiter): void {
    const waiting = waiters.get(app.jobId) ?? new Set();
    waiting.add(waiter);
    if (waiters.has(app.jobId)) return;
    waiters.set(app.jobId, waiting);
    void poll(app, waiting);
  }

  return {
    /**
     * @returns the app's state once it has finished starting; null if that took too long or the wait was
     * aborted
     */
    untilSettled(app: App, signal: AbortSignal): Promise<Settled | null> {
      return new Promise((resolve) => {
        function settle(state: Settled | null): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', giveUp);
          waiters.get(app.jobId)?.delete(settle);
          resolve(state);
        }
        const giveUp = () => settle(null);
        const timer = setTimeout(giveUp, waitMs);
        if (signal.aborted) return giveUp();
        signal.addEventListener('abort', giveUp, { once: true });
        join(app, settle);
      });
    },
  };
}
