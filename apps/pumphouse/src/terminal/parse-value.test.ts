import { expect, it } from 'vitest';
import { parseAge, parseCount } from './parse-value.ts';

it.each([
  ['30s', 30_000],
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['7d', 604_800_000],
])('the age %s', (text, ms) => {
  expect(parseAge(text)).toBe(ms);
});

it.each(['', '10', 'm', '10x', '1h 30m', '-5m', '1h30'])('%j is not an age', (text) => {
  expect(() => parseAge(text)).toThrow(expect.objectContaining({ code: 'invalid_age' }));
});

it('counts begin at 1', () => {
  expect(parseCount('20')).toBe(20);
  for (const text of ['0', '-1', '1.5', 'all']) {
    expect(() => parseCount(text)).toThrow(expect.objectContaining({ code: 'invalid_count' }));
  }
});
