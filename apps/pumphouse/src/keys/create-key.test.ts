import { expect, it } from 'vitest';
import { parseDays } from './create-key.ts';

it('parses the validity of a key', () => {
  expect(parseDays(undefined)).toBeUndefined();
  expect(parseDays('1')).toBe(1);
  expect(parseDays('365d')).toBe(365);
});

it.each(['0', '366', 'week', '1.5', '-1'])('refuses %s days', (text) => {
  expect(() => parseDays(text)).toThrow(expect.objectContaining({ code: 'invalid_days' }));
});
