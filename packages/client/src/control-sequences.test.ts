import { expect, test } from 'vitest';
import { keepColours, stripAnsi } from './control-sequences.ts';

const escape = '\u001b';

test('colours stay; movements of the cursor, titles and 8-bit controls do not', () => {
  const line = `${escape}[31mred${escape}[0m${escape}[2J${escape}[10;5H${escape}]0;title\u0007 end\u009b1mx\u0007`;
  expect(keepColours(line)).toBe(`${escape}[31mred${escape}[0m end\u009b1mx`);
  expect(stripAnsi(line)).toBe('red endx');
});

test('a private mode that ends with m is no colour', () => {
  expect(keepColours(`${escape}[>4;2mx`)).toBe('x');
});

test('the last rewrite of a progress bar is what stays', () => {
  expect(keepColours(`10 %\r${escape}[32m100 %${escape}[0m\r`)).toBe(`${escape}[32m100 %${escape}[0m`);
});
