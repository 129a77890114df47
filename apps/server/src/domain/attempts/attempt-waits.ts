/** A time during which user code waited for a database that another run had open. */
export interface AttemptWait {
  /** ISO 8601. */
  from: string;
  /** Null while it waits. */
  to: string | null;
}

/** More would make a run's phases unreadable. Later waits count as running; the log has them all. */
const maxWaits = 20;

/** Adds the begin or the end of a wait. Ignores what does not follow from the waits before it. */
export function addWait(
  waits: readonly AttemptWait[],
  { isBegin, at }: { isBegin: boolean; at: Date },
): readonly AttemptWait[] {
  const last = waits.at(-1);
  const waitsNow = last !== undefined && last.to === null;
  if (isBegin)
    return waitsNow || waits.length >= maxWaits ? waits : [...waits, { from: at.toISOString(), to: null }];
  return waitsNow ? [...waits.slice(0, -1), { from: last.from, to: at.toISOString() }] : waits;
}
