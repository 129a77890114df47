/** A wake-up signal: lets a loop pause until there is something to do. */
export interface WakeUpSignal {
  /** `soon`: after the loop's minimum pause. A signal without a waiting loop applies to the next wait. */
  ring(when: 'now' | 'soon'): void;
  /** Resolves after `maxMs`; at once on a signal `now`; after `minMs` on a signal `soon`. */
  wait(pause: { minMs: number; maxMs: number }): Promise<void>;
}

export function createWakeUpSignal(): WakeUpSignal {
  let rung: 'now' | 'soon' | null = null;
  let wakeUp = () => undefined as void;
  return {
    ring(when) {
      if (rung !== 'now') rung = when;
      wakeUp();
    },
    async wait({ minMs, maxMs }) {
      const startedAt = performance.now();
      for (;;) {
        const pauseMs = { now: 0, soon: minMs, never: maxMs }[rung ?? 'never'];
        const leftMs = startedAt + pauseMs - performance.now();
        if (leftMs <= 0) break;
        const { promise, resolve } = Promise.withResolvers<void>();
        wakeUp = resolve;
        const timer = setTimeout(resolve, leftMs);
        await promise;
        clearTimeout(timer);
      }
      rung = null;
    },
  };
}
