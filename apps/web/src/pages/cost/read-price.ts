/** Parses a typed price: null (none) for empty text; NaN, which the contract rejects, for anything but a number. */
export function readPrice(text: string): number | null {
  const typed = text.trim();
  if (typed === '') return null;
  return /^\d+(?:[.,]\d+)?$/.test(typed) ? Number(typed.replace(',', '.')) : Number.NaN;
}
