/** How fast the body of a request has to arrive. */

export interface BodyLimits {
  /** Without a single byte for so long, the request is over. */
  idleMs: number;
  /** So long a body may take whatever its pace, and as long again as its bytes need at the slowest pace. */
  graceMs: number;
  slowestBytesPerSecond: number;
}

/** A line of 8 kbit/s brings any body, however large; a body that trickles in is over after half a minute. */
export const defaultBodyLimits: BodyLimits = { idleMs: 30_000, graceMs: 30_000, slowestBytesPerSecond: 1024 };

export interface BodyPace {
  bytes: number;
  /** How long the server has waited for the client, in all and since the last byte. */
  waitedMs: number;
  idleMs: number;
}

export const startingPace: BodyPace = { bytes: 0, waitedMs: 0, idleMs: 0 };

/**
 * The pace after some more time.
 * @param seen.isServerBusy bytes lie unread: the time is the server's own and does not count against the client
 */
export function advancePace(
  pace: BodyPace,
  seen: { bytes: number; passedMs: number; isServerBusy: boolean },
): BodyPace {
  const waitedMs = seen.isServerBusy ? 0 : seen.passedMs;
  return {
    bytes: seen.bytes,
    waitedMs: pace.waitedMs + waitedMs,
    idleMs: seen.bytes > pace.bytes ? 0 : pace.idleMs + waitedMs,
  };
}

export function isTooSlow({ bytes, waitedMs, idleMs }: BodyPace, limits: BodyLimits): boolean {
  if (idleMs >= limits.idleMs) return true;
  return waitedMs > limits.graceMs + (bytes / limits.slowestBytesPerSecond) * 1000;
}
