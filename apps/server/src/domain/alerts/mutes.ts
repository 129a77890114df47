/** The stored end of a mute that lasts until it is lifted. Later than any other, and a date that Postgres and JSON can hold. */
export const untilLifted = new Date('9998-12-31T00:00:00Z');

/** The end of a mute for readers; null if it lasts until it is lifted. */
export function readMuteEnd(mutedUntil: Date): Date | null {
  return mutedUntil >= untilLifted ? null : mutedUntil;
}
