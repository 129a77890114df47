import { expect, it } from 'vitest';
import { idsBetween, withIds } from './selection.ts';

const ids = ['a', 'b', 'c', 'd'];

it('a range is selected in either direction', () => {
  expect(idsBetween(ids, 'b', 'd')).toEqual(['b', 'c', 'd']);
  expect(idsBetween(ids, 'c', 'a')).toEqual(['a', 'b', 'c']);
});

it('without a listed start only the row itself is selected', () => {
  expect(idsBetween(ids, null, 'b')).toEqual(['b']);
  expect(idsBetween(ids, 'gone', 'b')).toEqual(['b']);
});

it('ids are added to a selection and removed from it', () => {
  const selected = withIds(new Set(['a']), ['b', 'c'], true);
  expect([...selected]).toEqual(['a', 'b', 'c']);
  expect([...withIds(selected, ['a', 'c'], false)]).toEqual(['b']);
});
