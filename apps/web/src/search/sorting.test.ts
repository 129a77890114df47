import { describe, expect, it } from 'vitest';
import { compareValues, nextSorting, readSorting, sortRows } from './sorting.ts';

const keys = ['name', 'rows'] as const;

describe('the sort value of a URL', () => {
  it('is read with its direction, and ignored if the list has no such column', () => {
    expect(readSorting('rows', keys)).toEqual({ key: 'rows', isDescending: false });
    expect(readSorting('-rows', keys)).toEqual({ key: 'rows', isDescending: true });
    expect(readSorting('-bytes', keys)).toBeNull();
    expect(readSorting(undefined, keys)).toBeNull();
  });

  it('cycles with clicks: default direction, reversed, none', () => {
    expect(nextSorting(undefined, '-rows')).toBe('-rows');
    expect(nextSorting('-rows', '-rows')).toBe('rows');
    expect(nextSorting('rows', '-rows')).toBeUndefined();
    expect(nextSorting('rows', 'name')).toBe('name');
  });
});

describe('the values of a column', () => {
  it.each([
    ['ascending', false, [2, 10, null]],
    ['descending', true, [10, 2, null]],
  ])('have unknown values last in %s order', (_, isDescending, sorted) => {
    expect([null, 10, 2].sort((left, right) => compareValues(left, right, isDescending))).toEqual(sorted);
  });

  it('sort numbers in names numerically', () => {
    expect(compareValues('shop2', 'shop10', false)).toBeLessThan(0);
  });
});

describe('the rows of a list', () => {
  type Row = (typeof rows)[number];
  const rows = [
    { name: 'b', rows: 1 },
    { name: 'c', rows: 2 },
    { name: 'a', rows: 1 },
  ];
  const values = { name: (row: Row) => row.name, rows: (row: Row) => row.rows };
  const namesOf = (text: string | undefined) => sortRows(rows, text, values).map(({ name }) => name);

  it('are sorted by the column in the URL, then by name', () => {
    expect(namesOf('rows')).toEqual(['a', 'b', 'c']);
    expect(namesOf('-rows')).toEqual(['c', 'a', 'b']);
    expect(namesOf('-name')).toEqual(['c', 'b', 'a']);
  });

  it('are sorted in their own order, then by name, without a valid column', () => {
    const largestFirst = sortRows(rows, '-bytes', values, (left, right) => right.rows - left.rows);
    expect(largestFirst.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
    expect(namesOf(undefined)).toEqual(['a', 'b', 'c']);
  });
});
