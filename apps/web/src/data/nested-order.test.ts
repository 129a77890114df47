import { describe, expect, it } from 'vitest';
import { orderNested } from './nested-order.ts';

function order(tables: Record<string, string | null>): string[] {
  const rows = orderNested(Object.entries(tables), {
    nameOf: ([name]) => name,
    parentOf: ([, parent]) => parent,
  });
  return rows.map(({ item: [name], depth }) => `${depth} ${name}`);
}

describe('nested tables', () => {
  it('are placed below their parent', () => {
    const tables = {
      orders__lines__tags: 'orders__lines',
      orders__lines: 'orders',
      orders: null,
      areas: null,
    };
    expect(order(tables)).toEqual(['0 areas', '0 orders', '1 orders__lines', '2 orders__lines__tags']);
  });

  it('are roots if their parent is missing', () => {
    expect(order({ orders__lines: 'orders' })).toEqual(['0 orders__lines']);
  });

  it('appear once each in a parent cycle', () => {
    expect(order({ a: 'b', b: 'a', c: 'c' })).toEqual(['0 a', '1 b', '0 c']);
  });
});
