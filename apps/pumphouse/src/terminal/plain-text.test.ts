import { expect, it } from 'vitest';
import { formatJson, removeControls, toOneLine } from './plain-text.ts';

const hostile = '\u001b]0;title\u0007shop\u001b[2J\u009b2J\u001b[31m!\u001b[39m';

it('one line has no line breaks and no control sequences', () => {
  expect(toOneLine(` a\r\n  b\n${hostile}`)).toBe('a b shop!');
});

it('text keeps its lines, and its colours only where the output is coloured', () => {
  expect(removeControls(`a\n${hostile}\n`, { isColoured: false })).toBe('a\nshop!\n');
  expect(removeControls(`a\tb\n${hostile}`, { isColoured: true })).toBe('a\tb\nshop\u001b[31m!\u001b[39m');
  expect(removeControls('a\u001b]0;never closed\nb', { isColoured: true })).toBe('a\nb');
});

it('JSON escapes what controls a terminal, and keeps the data', () => {
  const text = formatJson({ name: hostile }, 2);
  expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  expect(JSON.parse(text)).toEqual({ name: hostile });
});
