import { expect, test } from 'vitest';
import { guessLevel } from './guess-level.ts';

test.each([
  ['ERROR charges.amount: cannot be read', 'error'],
  ['2026-11-25 00:01:35,121|[ERROR]|1234|dlt|x.py|run:1|failed', 'error'],
  ['2026-11-25T00:01:35.121Z ERROR failed', 'error'],
  ['[worker-1] CRITICAL: no memory', 'error'],
  ['Traceback (most recent call last):', 'error'],
  ["ValueError: invalid literal for int() with base 10: '12,00 EUR'", 'error'],
  ['dlt.pipeline.exceptions.PipelineStepFailed: Pipeline execution failed', 'error'],
  ['KeyboardInterrupt', 'error'],
  ['WARNING: event 000499 came late', 'warning'],
  ['errors: 0', null],
  ['No error was found', null],
  ['event 000001: page_view', null],
  ['', null],
])('%s', (text, level) => {
  expect(guessLevel(text)).toBe(level);
});
