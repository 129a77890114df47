import type { createServerLog } from '@pumphouse/server/operator';

/**
 * A server that has not ended by then is ended. Longer than its parts take in any case, and shorter than what
 * Kubernetes (`shutdown` of the chart) and compose wait before they kill it.
 */
const limitMs = 28_000;
/** Signals that follow within this time are the same request: a terminal and npm send one each. */
const sameRequestMs = 1000;
/** What a stopped server may leave open, such as an idle connection, keeps its process for this long. */
const lingerMs = 3000;

/** What decides when the process of a server ends. */
export interface StopSignals {
  /** Resolves with the first SIGTERM or SIGINT. */
  asked: Promise<void>;
  /** Ends the process soon, whatever is still open. Call it when the server has stopped. */
  noteStopped(): void;
}

/**
 * Waits for SIGTERM or SIGINT. The first one asks the server to stop. If it takes too long, or with a second
 * signal, the process ends at once and logs what was still open. Runs and the database survive that like a kill.
 * @param listOpen lists the parts of the server that are not closed
 */
export function watchStopSignals(
  log: ReturnType<typeof createServerLog>,
  listOpen: () => string[],
): StopSignals {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  let askedAt: number | null = null;

  function end(code: number, message: string): void {
    const about = { parts: listOpen(), resources: process.getActiveResourcesInfo() };
    if (code === 0) log.warn(about, message);
    else log.error(about, message);
    log.flush(() => process.exit(code));
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (askedAt !== null) {
        if (performance.now() - askedAt < sameRequestMs) return;
        return end(1, 'the server was ended by a second signal before it had stopped');
      }
      askedAt = performance.now();
      log.info({ signal }, 'the server stops');
      setTimeout(
        () => end(1, `the server has not stopped within ${limitMs / 1000} s and was ended`),
        limitMs,
      ).unref();
      resolve();
    });
  return {
    asked,
    noteStopped() {
      // What is left is still closing, such as the database.
      if (listOpen().length > 0) return;
      setTimeout(
        () => end(0, 'the server has stopped, and its process was ended although something was open'),
        lingerMs,
      ).unref();
    },
  };
}
