/** Maximum words of a search; more are ignored. */
const maxWords = 6;

/** The words of a search for names, in lower case, without duplicates: `orders.amount` has two. */
export function splitSearch(text: string): string[] {
  const words = text
    .toLowerCase()
    .split(/[\s.]+/)
    .filter((word) => word !== '');
  return [...new Set(words)].slice(0, maxWords);
}
