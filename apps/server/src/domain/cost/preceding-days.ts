const dayMs = 24 * 3600 * 1000;

/**
 * Returns the days before a range, as many as it has.
 * @param from the first day of the range, as YYYY-MM-DD
 */
export function precedingDays(from: string, dayCount: number): { from: string; to: string } {
  const firstMs = Date.parse(`${from}T00:00:00Z`);
  const dayBefore = (days: number) =>
    new Date(firstMs - days * dayMs).toISOString().slice(0, 'YYYY-MM-DD'.length);
  return { from: dayBefore(dayCount), to: dayBefore(1) };
}
