/** The options of MiniSearch that the search box uses. */
export interface SearchOptions {
  boost: Record<string, number>;
  prefix: (term: string, index: number, terms: readonly string[]) => boolean;
  weights: { prefix: number; fuzzy: number };
  fuzzy: (term: string) => number;
  processTerm: (term: string) => string | null;
  boostDocument: (id: string, term: string, stored?: Record<string, unknown>) => number;
}

/** Ranks of pages by the start of their path; the first that matches counts. */
const ranks: readonly (readonly [string, number])[] = [
  ['concepts/', 2],
  ['start/', 2],
  ['operate/kubernetes-values', 0.2],
  // Their sections repeat topics of other pages, for one way of running a server.
  ['operate/kubernetes', 0.5],
  ['operate/errors', 0.3],
  ['move/', 0.6],
  ['reference/', 0.2],
  ['contribute/', 0.2],
  ['decisions/', 0.1],
];

/** A page about a subject comes before a section of another page. */
const rankOfPageTitle = 2.5;
const endings = /(?:ies|es|s|ed|ing|e|y)$/;
const stopTerms = new Set('a an and are can do for how i in is it my of on or the to with'.split(' '));
const minStemLength = 4;

/**
 * Ranks what the search finds: pages that explain something before those that list it, and a page about the words
 * before a section that has them too.
 * @param base the path of the site, with a slash at both ends
 */
export function rankSearch(base: string): SearchOptions {
  return {
    boost: { title: 4, text: 2, titles: 1 },
    prefix: (term, index, terms) => term.length >= minStemLength || index === terms.length - 1,
    weights: { prefix: 0.9, fuzzy: 0.3 },
    fuzzy: (term) => (term.length > minStemLength ? 0.2 : 0),
    processTerm: stem,
    boostDocument(id, term, stored) {
      const path = id.slice(base.length);
      const [, rank = 1] = ranks.find(([start]) => path.startsWith(start)) ?? [];
      return isInTitleOfPage(term, stored) ? rank * rankOfPageTitle : rank;
    },
  };
}

/** Only the first section of a page has no titles above its own. */
function isInTitleOfPage(term: string, { title, titles }: Record<string, unknown> = {}): boolean {
  const isPage = Array.isArray(titles) && titles.length === 0;
  return isPage && typeof title === 'string' && title.toLowerCase().includes(term);
}

/** Words are found by their start, so `retries` finds `retry` and `upgrade` finds `upgrading`. Null: not searched for. */
function stem(term: string): string | null {
  const word = term.toLowerCase();
  if (stopTerms.has(word)) return null;
  const short = word.replace(endings, '');
  return short.length < minStemLength ? word : short;
}
