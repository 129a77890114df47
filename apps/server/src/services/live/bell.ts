/** A wake-up signal: lets a loop pause until there is something to do. */
export interface Bell {
  /** `soon`: after the loop's minimum pause. A signal without a waiting loop applies to the next wait. */
  ring(when: 'now' | 'soon'): void;
  /** Resolves after `mostMs`; at once on a signal `now`; after `leastMs` on a signal `soon`. */
  wait(pause: { leastMs: number; mostMs: number }): Promise<void>;
}

export function createBell(): Bell {
  let rung: 'now' | 'soon' | null = null;
  let wakeUp = () => undefined as void;
  return {
    ring(when) {
      if (rung !== 'now') rung = when;
      wakeUp();
    },
    async wait({ leastMs, mostMs }) {
      const startedAt = performance.now();
      for (;;) {
        const pauseMs = { now: 0, soon: leastMs, never: mostMs }[rung ?? 'never'];
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
