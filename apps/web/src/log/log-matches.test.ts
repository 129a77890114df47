import type { LogSearchResponse } from '@pumphouse/contract';
import { expect, test } from 'vitest';
import { countBelow, findNextMatch, LogMatches, type SearchLines } from './log-matches.ts';

/** Simulates the server: every third line matches, and a request searches at most `linesAtOnce` lines. */
function createSearch({ lineCount, linesAtOnce }: { lineCount: number; linesAtOnce: number }) {
  const log = { lineCount, asked: [] as [number, number][], failure: null as Error | null };
  async function search(after: number, limit: number): Promise<LogSearchResponse> {
    log.asked.push([after, limit]);
    if (log.failure) throw log.failure;
    const end = Math.min(log.lineCount, after + 1 + linesAtOnce);
    const found: number[] = [];
    for (let line = after + 1; line < end; line++) if (line % 3 === 0) found.push(line);
    return Promise.resolve({
      line_numbers: found.slice(0, limit),
      match_count: found.length,
      searched_to_line: end - 1,
      reached_end: end === log.lineCount,
      line_count: log.lineCount,
      is_complete: false,
    });
  }
  return { log, search };
}

function startMatches(search: SearchLines): LogMatches {
  const matches = new LogMatches(search);
  matches.start();
  return matches;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 500; turn++) await Promise.resolve();
}

test('a log that fits into one request', async () => {
  const { log, search } = createSearch({ lineCount: 10, linesAtOnce: 1000 });
  const matches = startMatches(search);
  await settle();
  expect(matches.state).toEqual({ numbers: [0, 3, 6, 9], total: 4, isWhole: true, failure: null });
  expect(log.asked).toHaveLength(1);
});

test('a log that needs several requests', async () => {
  const { log, search } = createSearch({ lineCount: 3000, linesAtOnce: 1000 });
  const matches = startMatches(search);
  await settle();
  expect([matches.state.numbers.length, matches.state.total, matches.state.isWhole]).toEqual([
    1000,
    1000,
    true,
  ]);
  expect(log.asked.map(([after]) => after)).toEqual([-1, 999, 1999]);
});

test('all matches are counted, and their numbers fetched on demand', async () => {
  const { log, search } = createSearch({ lineCount: 90_000, linesAtOnce: 60_000 });
  const matches = startMatches(search);
  await settle();
  expect([matches.state.numbers.length, matches.state.total, matches.state.isWhole]).toEqual([
    10_000,
    30_000,
    true,
  ]);
  expect(log.asked.at(-1)).toEqual([59_999, 1]);
  for (let turn = 0; turn < 4; turn++) {
    matches.more();
    await settle();
  }
  expect(matches.state.numbers).toEqual(Array.from({ length: 30_000 }, (_, index) => index * 3));
  expect(matches.state.total).toBe(30_000);
  const asked = log.asked.length;
  matches.more();
  await settle();
  expect(log.asked).toHaveLength(asked);
});

test('new lines are searched once', async () => {
  const { log, search } = createSearch({ lineCount: 10, linesAtOnce: 1000 });
  const matches = startMatches(search);
  await settle();
  log.lineCount = 14;
  matches.grow(14);
  matches.grow(14);
  await settle();
  matches.grow(14);
  expect(matches.state.numbers).toEqual([0, 3, 6, 9, 12]);
  expect(log.asked).toEqual([
    [-1, 10_000],
    [9, 10_000],
  ]);
});

test('a failure stops the search until it is retried', async () => {
  const { log, search } = createSearch({ lineCount: 10, linesAtOnce: 1000 });
  log.failure = new Error('no connection');
  const matches = startMatches(search);
  await settle();
  expect(matches.state.failure).toBe(log.failure);
  log.failure = null;
  matches.retry();
  await settle();
  expect(matches.state).toMatchObject({ total: 4, failure: null });
});

test('a stopped search pauses until it is started again', async () => {
  const { log, search } = createSearch({ lineCount: 3000, linesAtOnce: 1000 });
  const matches = startMatches(search);
  matches.stop();
  await settle();
  expect([log.asked.length, matches.state.isWhole]).toEqual([1, false]);
  matches.start();
  await settle();
  expect(matches.state.total).toBe(1000);
});

test('the next and previous match wrap around', () => {
  const numbers = [5, 10, 20];
  expect([countBelow(numbers, 5), countBelow(numbers, 6), countBelow(numbers, 99)]).toEqual([0, 1, 3]);
  expect([4, 5, 10, 20].map((line) => findNextMatch(numbers, line, 1))).toEqual([0, 1, 2, 0]);
  expect([21, 20, 6, 5].map((line) => findNextMatch(numbers, line, -1))).toEqual([2, 1, 0, 2]);
  expect(findNextMatch([], 5, 1)).toBe(-1);
});
