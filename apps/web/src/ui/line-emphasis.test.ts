import { expect, test } from 'vitest';
import { findEmphasis } from './line-emphasis.ts';

const removed = (text: string) => ({ kind: 'removed', text }) as const;
const added = (text: string) => ({ kind: 'added', text }) as const;
const context = (text: string) => ({ kind: 'context', text }) as const;

function emphasized(lines: Parameters<typeof findEmphasis>[0]): (string | null)[] {
  return findEmphasis(lines).map((part, index) =>
    part === null ? null : (lines[index]?.text.slice(part.start, part.end) ?? null),
  );
}

test('the changed part is emphasized on both sides', () => {
  const lines = [context('a'), removed('limit = 100'), added('limit = 2500'), context('b')];
  expect(emphasized(lines)).toEqual([null, '1', '25', null]);
});

test('lines are paired in order', () => {
  const lines = [removed('rows: 1'), removed('bytes: 7'), added('rows: 2'), added('bytes: 8')];
  expect(emphasized(lines)).toEqual(['1', '7', '2', '8']);
});

test('a line that only grew has an empty emphasis before the change', () => {
  expect(emphasized([removed('load orders'), added('load orders now')])).toEqual(['', ' now']);
});

test.each([
  ['lines with little in common', [removed('import dlt'), added('raise SystemExit')]],
  ['unequal numbers of removed and added lines', [removed('a = 1'), added('a = 2'), added('a = 3')]],
  ['added lines without removed lines', [added('new')]],
])('%s have no emphasis', (_, lines) => {
  expect(emphasized(lines).every((part) => part === null)).toBe(true);
});
