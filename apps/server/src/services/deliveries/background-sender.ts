import type { Logger } from 'pino';

/** How long a stopping server waits for answers before it leaves its messages to others. */
const drainMs = 3000;

/**
 * Creates what sends claimed messages in the background, so that none waits for a slow receiver of another
 * target.
 * @param maxActive messages that this server sends at a time
 * @param send resolves when the result is recorded; the signal aborts when the server stops
 */
export function createBackgroundSender<Claim extends { id: string }>({
  maxActive,
  send,
  log,
}: {
  maxActive: number;
  send: (claim: Claim, signal: AbortSignal) => Promise<void>;
  log: Logger;
}) {
  const active = new Set<Promise<void>>();
  const stopping = new AbortController();

  function start(claim: Claim): void {
    const work = send(claim, stopping.signal)
      .catch((err: unknown) => {
        log.error(
          { err, deliveryId: claim.id },
          'the result of a delivery was not recorded; it is sent again',
        );
      })
      .finally(() => active.delete(work));
    active.add(work);
  }

  return {
    /** Claims as many messages as can be sent now, and starts to send them. */
    async fill(claim: (limit: number) => Promise<readonly Claim[]>): Promise<void> {
      const limit = maxActive - active.size;
      if (limit <= 0 || stopping.signal.aborted) return;
      for (const claimed of await claim(limit)) start(claimed);
    },

    /** Whether messages are being sent, so that others may be due as soon as one of them has ended. */
    isBusy: () => active.size > 0,

    /** Waits for the messages that are being sent. Those without an answer after 3 s are left to other servers. */
    async drain(): Promise<void> {
      const timer = setTimeout(() => stopping.abort(), drainMs);
      await Promise.all(active);
      clearTimeout(timer);
      stopping.abort();
    },
  };
}
