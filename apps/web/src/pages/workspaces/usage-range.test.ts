import { expect, it } from 'vitest';
import { usageQuery } from './usage-range.ts';

it('queries UTC days, up to and including today', () => {
  const lateOnThe2nd = Date.parse('2026-03-02T23:59:59Z');
  expect(usageQuery('30', lateOnThe2nd)).toEqual({ from: '2026-02-01', to: '2026-03-02' });
  expect(usageQuery('365', lateOnThe2nd)).toEqual({ from: '2025-03-03', to: '2026-03-02' });
  expect(usageQuery(undefined, lateOnThe2nd)).toEqual({});
});
