import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeLogLine } from './normalize-log-line.ts';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

/** A linear expression takes milliseconds; one that backtracks over the line would take hours. */
const catastropheMs = 60_000;

describe('normalizing a log line', () => {
  it.each([
    ['2026-03-10 10:00:01,123 INFO started', '<time> INFO started'],
    ['at 2026-03-10T10:00:01.123456Z', 'at <time>'],
    ['at 2026-03-10T10:00:01+02:00 it', 'at <time> it'],
    ['day 2026-03-10', 'day <time>'],
    ['10:00:01 done', '<time> done'],
    ['run 0b9f3a52-7a49-4c3e-9a52-0b9f3a527a49 ended', 'run <id> ended'],
    ['load package 1763970312.5512 is loaded', 'load package <n> is loaded'],
    ['took 2.34s', 'took <n>'],
    ['took 234 ms, 7.3 MB/s, 12%', 'took <n>, <n>, <n>'],
    ['5,428 rows in 3 tables', '<n> rows in <n> tables'],
    ['<object at 0x7f3a52b0>', '<object at <hex>>'],
    ['commit 9f3a52b is deployed', 'commit <hex> is deployed'],
    ['charges.8f3c2a.insert_values', 'charges.<hex>.insert_values'],
    ['page 119: -1.5e-7', 'page <n>: <n>'],
    ['\u001b[31mred\u001b[0m 5', 'red <n>'],
    // Names keep their numbers, and words that look like hexadecimal numbers stay.
    ['table orders_2 of v14, column x1', 'table orders_2 of v14, column x1'],
    ['a decade of facade', 'a decade of facade'],
    ['ValueError: no such column', 'ValueError: no such column'],
  ])('%j is %j', (line, normalized) => {
    expect(normalizeLogLine(line)).toBe(normalized);
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) => {
        const once = normalizeLogLine(line);
        expect(normalizeLogLine(once)).toBe(once);
      }),
      { seed: propertySeed },
    );
  });

  it.each(['1', '1,', '1.', 'a', 'a1', '0x', '-', '1e', '12:', '\u001b[1;', '1 '])(
    'takes time linear in the length of the line, made of %j',
    (part) => {
      const line = part.repeat(100_000 / part.length);
      const startedAt = performance.now();
      normalizeLogLine(line);
      expect(performance.now() - startedAt).toBeLessThan(catastropheMs);
    },
  );
});
