/**
 * Parses a typed limit: null (no limit) for empty text; NaN, which the contract rejects, for anything but a
 * whole number.
 */
export function readLimit(text: string): number | null {
  const typed = text.trim();
  if (typed === '') return null;
  return /^\d+$/.test(typed) ? Number(typed) : Number.NaN;
}
