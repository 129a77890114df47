import { expect, it } from 'vitest';
import { parseLimit } from './organization-limits.ts';

it('parses limits', () => {
  expect(parseLimit('--concurrent-runs', undefined)).toBeUndefined();
  expect(parseLimit('--concurrent-runs', 'none')).toBeNull();
  expect(parseLimit('--concurrent-runs', '0')).toBe(0);
  expect(parseLimit('--concurrent-runs', '12')).toBe(12);
});

it.each(['', '-1', '1.5', 'many', '99999999999'])('refuses the limit %j', (text) => {
  expect(() => parseLimit('--concurrent-runs', text)).toThrow(
    expect.objectContaining({ code: 'invalid_limit', exitCode: 2 }),
  );
});
