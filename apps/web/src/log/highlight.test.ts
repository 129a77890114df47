import { expect, test } from 'vitest';
import { highlight } from './highlight.ts';

const red = { colour: 1 };
const show = (parts: Parameters<typeof highlight>[0], find: string) =>
  highlight(parts, find).map(
    ({ text, style, isMatch }) => `${style === red ? 'red ' : ''}${isMatch ? `<${text}>` : text}`,
  );

test('an empty search marks nothing', () => {
  expect(show([{ text: 'rows', style: {} }], '')).toEqual(['rows']);
});

test('matches ignore case', () => {
  expect(show([{ text: 'Rows and rows', style: {} }], 'ROWS')).toEqual(['<Rows>', ' and ', '<rows>']);
});

test('a match across two colours keeps both', () => {
  const parts = [
    { text: 'load fa', style: {} },
    { text: 'iled now', style: red },
  ];
  expect(show(parts, 'failed')).toEqual(['load ', '<fa>', 'red <iled>', 'red  now']);
});

test('the search text is literal, not a pattern', () => {
  expect(show([{ text: 'a.b (x) axb', style: {} }], 'a.b (')).toEqual(['<a.b (>', 'x) axb']);
});
