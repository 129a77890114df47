import { expect, it } from 'vitest';
import { parseExpiry } from './publish.ts';

const now = Date.parse('2026-11-29T09:00:00Z');

it.each([
  ['7d', '2026-12-06T09:00:00.000Z'],
  ['1h30m', '2026-11-29T10:30:00.000Z'],
  ['2026-12-31T18:00Z', '2026-12-31T18:00:00.000Z'],
])('a link with --expires %s ends at %s', (text, expected) => {
  expect(parseExpiry(text, now)).toBe(expected);
});

it.each(['soon', '0d', '2020-01-01', '7 days', ''])('--expires %j is refused', (text) => {
  expect(() => parseExpiry(text, now)).toThrow(expect.objectContaining({ code: 'invalid_expiry' }));
});
