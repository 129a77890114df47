import { expect, it } from 'vitest';
import { parseTime } from './parse-time.ts';

it.each([
  ['2026-01-31', '2026-01-31T00:00:00.000Z'],
  ['2026-01-31T06:00', '2026-01-31T06:00:00.000Z'],
  ['2026-01-31 06:00:30', '2026-01-31T06:00:30.000Z'],
  ['2026-01-31T06:00+02:00', '2026-01-31T04:00:00.000Z'],
])('%s is %s', (text, expected) => {
  expect(parseTime(text)).toBe(expected);
});

it.each(['yesterday', '2026-13-01', '2026-01', '31.01.2026', ''])('rejects %j', (text) => {
  expect(() => parseTime(text)).toThrow('is not a date or a time');
});
