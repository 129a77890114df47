import { expect, test } from 'vitest';
import { guessLevel } from './guess-level.ts';

test.each([
  ['ERROR charges.amount: cannot be read', 'error'],
  ['Traceback (most recent call last):', 'error'],
  ["ValueError: invalid literal for int() with base 10: '12,00 EUR'", 'error'],
  ['WARNING: event 000499 came late', 'warning'],
  ['2026-11-25 00:01:35,121|[WARNING]|1234|dlt|x.py|run:1|slow', 'warning'],
  ['warning: no rows', 'warning'],
  ['warnings are errors here', null],
  ['event 000001: page_view', null],
  ['', null],
])('%s', (text, level) => {
  expect(guessLevel(text)).toBe(level);
});
