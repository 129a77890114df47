import { expect, test } from 'vitest';
import { cutSelection, sortSelection } from './log-selection.ts';

const texts = ['first line', 'second', 'third line'];

test('a selection across rows, in either direction', () => {
  const from = { row: 3, offset: 6 };
  const to = { row: 5, offset: 5 };
  for (const selection of [
    { anchor: from, focus: to },
    { anchor: to, focus: from },
  ]) {
    expect(cutSelection(texts, sortSelection(selection))).toBe('line\nsecond\nthird');
  }
});

test('a selection within a row, and one to the end of a row', () => {
  expect(
    cutSelection(
      ['second'],
      [
        { row: 1, offset: 1 },
        { row: 1, offset: 3 },
      ],
    ),
  ).toBe('ec');
  expect(
    cutSelection(texts, [
      { row: 0, offset: 0 },
      { row: 2, offset: Infinity },
    ]),
  ).toBe(texts.join('\n'));
});
