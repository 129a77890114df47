/** A limit as it was typed: null, which has none, for nothing; NaN, which the contract refuses, for what is no plain number. */
export function readLimit(text: string): number | null {
  const typed = text.trim();
  if (typed === '') return null;
  return /^\d+$/.test(typed) ? Number(typed) : Number.NaN;
}
