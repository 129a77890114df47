import { expect, it } from 'vitest';
import { compareTexts } from './compare-texts.ts';

it('compares texts as the API does', () => {
  expect(compareTexts('a\nb\nc\n', 'a\nB\nc')).toEqual([
    {
      old_start: 1,
      old_lines: 3,
      new_start: 1,
      new_lines: 3,
      lines: [
        { kind: 'context', old_number: 1, new_number: 1, text: 'a', no_newline_at_end: false },
        { kind: 'removed', old_number: 2, new_number: null, text: 'b', no_newline_at_end: false },
        { kind: 'removed', old_number: 3, new_number: null, text: 'c', no_newline_at_end: false },
        { kind: 'added', old_number: null, new_number: 2, text: 'B', no_newline_at_end: false },
        { kind: 'added', old_number: null, new_number: 3, text: 'c', no_newline_at_end: true },
      ],
    },
  ]);
});

it('replaces texts that differ in too many lines', () => {
  const lines = (prefix: string) => Array.from({ length: 600 }, (_, index) => `${prefix}${index}\n`).join('');
  const [hunk, ...others] = compareTexts(lines('a'), lines('b'));
  expect(others).toEqual([]);
  expect([hunk?.old_lines, hunk?.new_lines]).toEqual([600, 600]);
});

it('has no hunks for equal texts', () => {
  expect(compareTexts('same\n', 'same\n')).toEqual([]);
});
