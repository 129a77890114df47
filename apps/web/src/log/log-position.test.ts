import { expect, test } from 'vitest';
import { readChosen } from './log-position.ts';

test.each([
  [{}, null],
  [{ line: '412' }, { from: 411, to: 411 }],
  [
    { line: '412', line_end: '430' },
    { from: 411, to: 429 },
  ],
  [
    { line: '430', line_end: '412' },
    { from: 411, to: 429 },
  ],
  [{ line_end: '412' }, null],
  [{ line: '0' }, null],
  [{ line: '-3' }, null],
  [{ line: 'first' }, null],
  [
    { line: '12', line_end: 'last' },
    { from: 11, to: 11 },
  ],
])('%o', (position, chosen) => {
  expect(readChosen(position)).toEqual(chosen);
});
