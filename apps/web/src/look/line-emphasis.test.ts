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

test('a changed line has its changed part on both sides', () => {
  const lines = [context('a'), removed('limit = 100'), added('limit = 2500'), context('b')];
  expect(emphasized(lines)).toEqual([null, '1', '25', null]);
});

test('lines are paired in their order', () => {
  const lines = [removed('rows: 1'), removed('bytes: 7'), added('rows: 2'), added('bytes: 8')];
  expect(emphasized(lines)).toEqual(['1', '7', '2', '8']);
});

test('what only grew has nothing to emphasize on the side before', () => {
  expect(emphasized([removed('load orders'), added('load orders now')])).toEqual(['', ' now']);
});

test.each([
  ['lines that share little', [removed('import dlt'), added('raise SystemExit')]],
  [
    'as many removed as added is needed to know which belong together',
    [removed('a = 1'), added('a = 2'), added('a = 3')],
  ],
  ['lines with nothing before them', [added('new')]],
])('%s are shown whole', (_, lines) => {
  expect(emphasized(lines).every((part) => part === null)).toBe(true);
});
