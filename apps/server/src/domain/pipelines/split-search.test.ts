import { expect, it } from 'vitest';
import { splitSearch } from './split-search.ts';

it('a search for names has words between spaces and dots, in lower case', () => {
  expect(splitSearch('  Orders.amount  shop ')).toEqual(['orders', 'amount', 'shop']);
  expect(splitSearch('a A a.b')).toEqual(['a', 'b']);
  expect(splitSearch(' . ')).toEqual([]);
  expect(splitSearch('a b c d e f g h')).toHaveLength(6);
});
