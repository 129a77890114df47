import { expect, it } from 'vitest';
import { readViewSearch, toViewSearch } from './run-search.ts';

it('a saved search is read as it was written, whatever its order', () => {
  const search = { status: ['failed', 'cancelled'], q: 'a & b', range: '24h' as const };
  const text = toViewSearch(search);
  expect(text).toBe('q=a+%26+b&range=24h&status=failed&status=cancelled');
  expect(readViewSearch(text)).toEqual(search);
  expect(toViewSearch({ range: '24h', q: 'a & b', status: ['failed', 'cancelled'] })).toBe(text);
});

it('unknown parameters and values are dropped', () => {
  expect(toViewSearch(readViewSearch('range=1y&moon=full&status=failed'))).toBe('status=failed');
  expect(toViewSearch({})).toBe('');
});
