/**
 * Parses a `Retry-After` header: seconds, or an HTTP date.
 * @returns seconds from now, not negative; null without a valid value
 */
export function parseRetryAfter(value: string | null, now: Date): number | null {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text);
  // Date.parse also accepts texts like `1`, which are no HTTP dates.
  if (!/^[A-Z][a-z]{2,8}, /.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, (at - now.getTime()) / 1000);
}
