import { expect, it } from 'vitest';
import { errorHint, looksLikeError } from './log-level.ts';

/** A linear check takes milliseconds; an expression with catastrophic backtracking would take hours. */
const catastropheMs = 60_000;

const errors = [
  'ERROR: no such table',
  'ERROR:dlt:load failed',
  'error: unknown option',
  'CRITICAL out of disk',
  '[ERROR] 401 from the API',
  '2026-11-26 10:00:00,123|[ERROR]|41|8765|dlt|load.py|run:88|the job failed',
  '2026-11-26T10:00:00Z FATAL  database is gone',
  '\u001b[31mERROR\u001b[0m the token has expired',
  'Traceback (most recent call last):',
  'ValueError: invalid literal for int()',
  'requests.exceptions.ConnectionError: refused',
  'KeyError',
  'fatal: not a git repository',
];

const others = [
  '',
  'no error was found',
  'loaded 5 rows without errors',
  'INFO: retry after error: timeout',
  '2026-11-26 10:00:00,123|[WARNING]|41|dlt|errors may follow',
  'Errors so far 0',
  'error handling is on',
  'ERRORS=0',
  'raise ValueError: when it is empty',
];

it.each(errors)('classifies %j as an error', (line) => {
  expect([looksLikeError(line), errorHint.test(line)]).toEqual([true, true]);
});

it.each(others)('does not classify %j as an error', (line) => {
  expect(looksLikeError(line)).toBe(false);
});

it('handles adversarial lines quickly', () => {
  const startedAt = performance.now();
  looksLikeError(`${'1:2 '.repeat(16_000)}x`);
  looksLikeError(`${'a.'.repeat(32_000)}x`);
  looksLikeError('\u001b['.repeat(32_000));
  expect(performance.now() - startedAt).toBeLessThan(catastropheMs);
});
