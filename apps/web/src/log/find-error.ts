import { findNextMatch, type SearchLines } from './log-matches.ts';

/** Numbers per request, and of all requests: enough to step through by hand. */
const most = { perRequest: 10_000, numbers: 100_000 };

/**
 * Finds the next or previous matching line of a log, continuing at the other end.
 * @param line the current line; null for none, which leads to the first or the last match
 * @returns null if no line matches
 */
export async function findError(
  search: SearchLines,
  line: number | null,
  direction: 1 | -1,
): Promise<number | null> {
  const numbers = await listMatches(search);
  const from = line ?? (direction === 1 ? -1 : Number.POSITIVE_INFINITY);
  return numbers[findNextMatch(numbers, from, direction)] ?? null;
}

async function listMatches(search: SearchLines): Promise<number[]> {
  const numbers: number[] = [];
  for (let afterLine = -1; numbers.length < most.numbers;) {
    const answer = await search(afterLine, most.perRequest);
    numbers.push(...answer.line_numbers);
    const isCut = answer.match_count > answer.line_numbers.length;
    const reached = isCut ? (numbers.at(-1) ?? afterLine) : answer.searched_to_line;
    if ((answer.reached_end && !isCut) || reached <= afterLine) break;
    afterLine = reached;
  }
  return numbers;
}
