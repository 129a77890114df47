import { expect, it } from 'vitest';
import { describeTables } from './pending-rows.ts';

const pending = (rows: Record<string, number | null>) => ({
  table_names: Object.keys(rows),
  row_counts: Object.entries(rows).map(([name, count]) => ({ table_name: name, rows: count })),
});

it('names tables with their rows', () => {
  expect(describeTables([])).toBe('');
  expect(describeTables([{ table_names: ['orders'], row_counts: [] }])).toBe('orders');
  expect(describeTables([pending({ orders: 1, parts: null })])).toBe('orders (1 row), parts');
  expect(describeTables([pending({ orders: 1 }), pending({ orders: 3 })])).toBe('orders (4 rows)');
  expect(describeTables([pending({ orders: null }), pending({ orders: 3 })])).toBe(
    'orders (at least 3 rows)',
  );
});
