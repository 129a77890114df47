/** Minimum speed of a request body. */

export interface BodyLimits {
  /** Maximum time without a single byte. */
  idleMs: number;
  /** Time granted at any pace, in addition to the time the bytes need at the slowest allowed pace. */
  graceMs: number;
  slowestBytesPerSecond: number;
}

/** A line of 8 kbit/s delivers a body of any size; a body that trickles in ends after half a minute. */
export const defaultBodyLimits: BodyLimits = { idleMs: 30_000, graceMs: 30_000, slowestBytesPerSecond: 1024 };

export interface BodyPace {
  bytes: number;
  /** How long the server has waited for the client: in total, and since the last byte. */
  waitedMs: number;
  idleMs: number;
}

export const startingPace: BodyPace = { bytes: 0, waitedMs: 0, idleMs: 0 };

/**
 * Advances the pace by some time.
 * @param seen.isServerBusy received bytes are still unread: the delay is the server's and does not count
 * against the client
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
