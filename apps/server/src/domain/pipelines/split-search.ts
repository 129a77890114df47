/** Maximum number of words in a search; further ones are ignored. */
const maxTerms = 6;

/** The words of a search for names, in lower case, without duplicates: `orders.amount` has two. */
export function splitSearch(text: string): string[] {
  const words = text
    .toLowerCase()
    .split(/[\s.]+/)
    .filter((word) => word !== '');
  return [...new Set(words)].slice(0, maxTerms);
}
