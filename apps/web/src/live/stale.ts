/** A restart of the server takes about this long. Shorter gaps are not worth a notice. */
const graceMs = 2000;
/** While the stream is down, pages ask every 15 seconds. An answer within this time shows that asking works. */
const answerLastsMs = 30_000;

export interface StaleInput {
  /** When the event stream ended; null while it is up. */
  downSinceMs: number | null;
  /** The last attempt to open the stream got no answer from a server. */
  isServerAway: boolean;
  /** When the last response of any request arrived; null if none did. */
  lastAnswerMs: number | null;
  nowMs: number;
}

/** Reports whether the figures on the page no longer follow the server. All times in ms since 1970. */
export function isStale({ downSinceMs, isServerAway, lastAnswerMs, nowMs }: StaleInput): boolean {
  if (downSinceMs === null || !isServerAway || nowMs - downSinceMs < graceMs) return false;
  // A proxy may block the stream only: then the pages poll.
  const isAnswered = lastAnswerMs !== null && lastAnswerMs > downSinceMs;
  return !isAnswered || nowMs - lastAnswerMs > answerLastsMs;
}
