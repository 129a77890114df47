import { describe, expect, it } from 'vitest';
import { findError } from './find-error.ts';
import type { SearchLines } from './log-matches.ts';

/** A log that is searched in steps of some lines. */
function searchIn(matches: readonly number[], stepLines: number, lineCount = 100): SearchLines {
  return async (afterLine, limit) => {
    const to = Math.min(lineCount - 1, afterLine + stepLines);
    const found = matches.filter((line) => line > afterLine && line <= to);
    return {
      line_numbers: found.slice(0, limit),
      match_count: found.length,
      searched_to_line: Math.max(afterLine, to),
      reached_end: to === lineCount - 1,
      line_count: lineCount,
      is_complete: true,
    };
  };
}

describe('stepping through errors', () => {
  const search = searchIn([11, 42, 90], 10);

  it('goes on from the current line, and continues at the other end', async () => {
    expect(await findError(search, 11, 1)).toBe(42);
    expect(await findError(search, 50, 1)).toBe(90);
    expect(await findError(search, 90, 1)).toBe(11);
    expect(await findError(search, 42, -1)).toBe(11);
    expect(await findError(search, 11, -1)).toBe(90);
  });

  it('starts at the first or the last one', async () => {
    expect(await findError(search, null, 1)).toBe(11);
    expect(await findError(search, null, -1)).toBe(90);
    expect(await findError(searchIn([], 10), null, 1)).toBeNull();
  });

  it('reads all matches, if one response does not have them', async () => {
    const lines = Array.from({ length: 25_000 }, (_, line) => line);
    expect(await findError(searchIn(lines, 30_000, 30_000), null, -1)).toBe(24_999);
  });

  it('ends if the search makes no progress', async () => {
    const stuck: SearchLines = async () => ({
      line_numbers: [],
      match_count: 0,
      searched_to_line: -1,
      reached_end: false,
      line_count: 10,
      is_complete: false,
    });
    expect(await findError(stuck, null, 1)).toBeNull();
  });
});
