import { expect, it } from 'vitest';
import { describeBytes } from './storage-texts.ts';

it.each([
  ['logs', 3, 2000, '2.0 kB'],
  ['logs', 3, 0, '0 B'],
  ['runs', 3, null, '–'],
  ['environments', 2, null, 'not measured yet'],
  ['environments', 0, 0, '0 B'],
])('the size of %s: %d with %s bytes', (kind, count, bytes, text) => {
  expect(describeBytes({ kind, count, bytes })).toBe(text);
});
