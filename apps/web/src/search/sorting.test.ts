import { describe, expect, it } from 'vitest';
import { compareValues, nextSorting, readSorting, sortRows } from './sorting.ts';

const keys = ['name', 'rows'] as const;

describe('the sorting of an address', () => {
  it('is read with its direction, and left aside where the list has no such column', () => {
    expect(readSorting('rows', keys)).toEqual({ key: 'rows', isDescending: false });
    expect(readSorting('-rows', keys)).toEqual({ key: 'rows', isDescending: true });
    expect(readSorting('-bytes', keys)).toBeNull();
    expect(readSorting(undefined, keys)).toBeNull();
  });

  it('goes around with clicks: one end, the other end, none', () => {
    expect(nextSorting(undefined, '-rows')).toBe('-rows');
    expect(nextSorting('-rows', '-rows')).toBe('rows');
    expect(nextSorting('rows', '-rows')).toBeUndefined();
    expect(nextSorting('rows', 'name')).toBe('name');
  });
});

describe('values of a column', () => {
  it.each([
    ['up', false, [2, 10, null]],
    ['down', true, [10, 2, null]],
  ])('sorted %s have what is not known last', (_, isDescending, sorted) => {
    expect([null, 10, 2].sort((left, right) => compareValues(left, right, isDescending))).toEqual(sorted);
  });

  it('have names with numbers in the order of the numbers', () => {
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

  it('come by the column of the address, and by name where they are alike in it', () => {
    expect(namesOf('rows')).toEqual(['a', 'b', 'c']);
    expect(namesOf('-rows')).toEqual(['c', 'a', 'b']);
    expect(namesOf('-name')).toEqual(['c', 'b', 'a']);
  });

  it('come in their own order, then by name, where the address has no column of theirs', () => {
    const largestFirst = sortRows(rows, '-bytes', values, (left, right) => right.rows - left.rows);
    expect(largestFirst.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
    expect(namesOf(undefined)).toEqual(['a', 'b', 'c']);
  });
});
