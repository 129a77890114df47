const dayMs = 24 * 3600 * 1000;

/** Lists the dates from the first to the last, inclusive; null if there are none or more than `atMost`. */
export function listDates(from: string, to: string, atMost: number): string[] | null {
  const first = Date.parse(`${from}T00:00:00Z`);
  const count = (Date.parse(`${to}T00:00:00Z`) - first) / dayMs + 1;
  if (count < 1 || count > atMost) return null;
  return Array.from({ length: count }, (_, index) =>
    new Date(first + index * dayMs).toISOString().slice(0, 'YYYY-MM-DD'.length),
  );
}
