import { expect, it } from 'vitest';
import { precedingDays } from './preceding-days.ts';

it('returns as many days before', () => {
  expect(precedingDays('2026-03-01', 1)).toEqual({ from: '2026-02-28', to: '2026-02-28' });
  expect(precedingDays('2026-03-01', 31)).toEqual({ from: '2026-01-29', to: '2026-02-28' });
});
