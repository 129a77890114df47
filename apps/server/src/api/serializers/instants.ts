/** Converts an instant to its API representation. */
export function toInstant(date: Date): string {
  return date.toISOString();
}

export function toInstantOrNull(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}

/**
 * Seconds between start and end. Null while the run is active: the dlt client then computes the time itself.
 */
export function toDurationSeconds(times: { startedAt: Date | null; finishedAt: Date | null }): number | null {
  if (!times.startedAt || !times.finishedAt) return null;
  return Math.max(0, times.finishedAt.getTime() - times.startedAt.getTime()) / 1000;
}
