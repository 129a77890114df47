import { describe, expect, it } from 'vitest';
import { checkRows, type JournalEntry } from './check-rows.ts';
import { marksOf } from './program.ts';

const ask = (run: string, first: number): JournalEntry => ({
  event: 'asked',
  run,
  first,
  last: first + 39,
});
const extract = (run: string, first: number): JournalEntry => ({
  ...ask(run, first),
  event: 'extracted',
  load_id: `of ${run}`,
});
const repeat = (run: string, marks: string[]): JournalEntry => ({ event: 'repeated', run, marks });

function count(first: number, last: number, changes: Record<string, number> = {}) {
  const ids = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const counts = Object.fromEntries(ids.flatMap(marksOf).map((mark) => [mark, 1]));
  return Object.fromEntries(Object.entries({ ...counts, ...changes }).filter(([, copies]) => copies > 0));
}
const twoRuns = [ask('a', 1), extract('a', 1), ask('b', 41), extract('b', 41)];
const append = { disposition: 'append', overwrites: false, journal: twoRuns };

describe('checkRows', () => {
  it('accepts each row once', () => {
    expect(checkRows({ ...append, counts: count(1, 80) })).toEqual({ problems: [], repeated: [] });
  });
  it('finds a row that is lost, and one that is nested', () => {
    const counts = count(1, 80, { 'order-7': 0, 'part-80-2': 0 });
    expect(checkRows({ ...append, counts }).problems).toEqual(['2 rows missing: order-7, part-80-2']);
  });
  it('finds a package that is lost', () => {
    expect(checkRows({ ...append, counts: count(1, 40) }).problems[0]).toContain('120 rows missing');
  });
  it('finds rows from nowhere', () => {
    const counts = count(1, 80, { 'order-100': 1 });
    expect(checkRows({ ...append, counts }).problems).toEqual(['1 rows not expected: order-100']);
  });
  it('accepts under append the copy of a job that was repeated, and no other', () => {
    const journal = [...twoRuns, repeat('c', ['order-3'])];
    const twice = count(1, 80, { 'order-3': 2 });
    const accepted = checkRows({ ...append, journal, counts: twice });
    expect(accepted.problems).toEqual([]);
    expect(accepted.repeated).toEqual([expect.stringContaining('1 rows (order-3 to order-3): run c found')]);
    expect(checkRows({ ...append, counts: twice }).problems).toEqual(['1 rows doubled: order-3 (2 times)']);
    for (const other of [{ disposition: 'merge' }, { overwrites: true }])
      expect(checkRows({ ...append, ...other, journal, counts: twice }).problems).toHaveLength(1);
    const thrice = count(1, 80, { 'order-3': 3 });
    expect(checkRows({ ...append, journal, counts: thrice }).problems).toHaveLength(1);
  });
  it('accepts a package that was complete when its run died before it could say so', () => {
    const journal = [ask('a', 1), ask('b', 41), extract('b', 41), ask('c', 81)];
    expect(checkRows({ ...append, journal, counts: count(1, 80) }).problems).toEqual([]);
    expect(checkRows({ ...append, journal, counts: count(1, 120) }).problems).toEqual([]);
    expect(checkRows({ ...append, journal, counts: count(1, 119) }).problems).toHaveLength(1);
  });
  it('finds that the source was asked again for a complete package', () => {
    const journal = [...twoRuns, ask('c', 41)];
    expect(checkRows({ ...append, journal, counts: count(1, 80) }).problems).toEqual([
      'run c asked again for 41 to 80, of package of b',
    ]);
  });
  it('expects one generation under replace, and none before the last complete one', () => {
    const replace = { ...append, disposition: 'replace' };
    expect(checkRows({ ...replace, counts: count(41, 80) }).problems).toEqual([]);
    expect(checkRows({ ...replace, counts: count(1, 40) }).problems).toHaveLength(1);
    expect(checkRows({ ...replace, counts: count(40, 80) }).problems).toHaveLength(1);
    expect(checkRows({ ...replace, counts: count(41, 79) }).problems).toHaveLength(1);
  });
});
