import { stripAnsi } from '@pumphouse/client';
import { expect, test } from 'vitest';
import { parseAnsi } from './ansi.ts';

/** Parsing takes milliseconds; catastrophic backtracking would take hours. */
const catastropheMs = 60_000;

const escape = '\u001b';
const sgr = (codes: string) => `${escape}[${codes}m`;

test('a line without sequences is one plain segment', () => {
  expect(parseAnsi('rows loaded: 12')).toEqual([{ text: 'rows loaded: 12', style: {} }]);
});

test('an empty line has no segments', () => {
  expect(parseAnsi('')).toEqual([]);
});

test('words on both sides of a line break stay separate', () => {
  expect(stripAnsi('environment at: venv\nerror: No solution')).toBe(
    'environment at: venv error: No solution',
  );
  expect(parseAnsi('one\r\ntwo')).toEqual([{ text: 'one two', style: {} }]);
});

test('colours apply until they are reset', () => {
  const line = `${sgr('31')}red ${sgr('1')}bold${sgr('22;39')} plain${sgr('0')}!`;
  expect(parseAnsi(line)).toEqual([
    { text: 'red ', style: { colour: 1 } },
    { text: 'bold', style: { colour: 1, isBold: true } },
    { text: ' plain', style: { colour: undefined, isBold: undefined, isFaint: undefined } },
    { text: '!', style: {} },
  ]);
});

test.each([
  ['bright', '92', { colour: 10 }],
  ['background', '44', { ground: 4 }],
  ['bright background', '103', { ground: 11 }],
  ['256 colours, named', '38;5;9', { colour: 9 }],
  ['256 colours, cube', '38;5;208', { colour: 'rgb(255 135 0)' }],
  ['256 colours, grey', '48;5;232', { ground: 'rgb(8 8 8)' }],
  ['RGB', '38;2;1;2;3', { colour: 'rgb(1 2 3)' }],
  ['RGB with colons', '38:2:1:2:3', { colour: 'rgb(1 2 3)' }],
  ['RGB out of bounds', '38;2;999;0;3', { colour: 'rgb(255 0 3)' }],
  ['a colour number that does not exist', '38;5;999', {}],
  ['a truncated sequence', '38', {}],
  ['an unknown code', '73', {}],
])('colour: %s', (_, codes, style) => {
  const [part] = parseAnsi(`${sgr(codes)}x`);
  expect(part).toEqual({ text: 'x', style });
});

test('codes after an extended colour are applied', () => {
  expect(parseAnsi(`${sgr('38;5;208;4')}x`)).toEqual([
    { text: 'x', style: { colour: 'rgb(255 135 0)', isUnderlined: true } },
  ]);
});

test.each([
  ['cursor movement', `a${escape}[2Kb${escape}[10;5Hc`, 'abc'],
  ['private modes', `${escape}[?25lhidden${escape}[?25h`, 'hidden'],
  ['a title, ended by a bell', `${escape}]0;title\u0007text`, 'text'],
  [
    'a hyperlink, ended by a string terminator',
    `${escape}]8;;https://example.com${escape}\\link${escape}]8;;${escape}\\`,
    'link',
  ],
  ['a title without an end', `text${escape}]0;title`, 'text'],
  ['character sets', `${escape}(Btext`, 'text'],
  ['an escape at the end', `text${escape}`, 'text'],
  ['an unfinished sequence', `text${escape}[31`, 'text'],
  ['8-bit sequences', '\u009b31mtext\u009d0;title\u009c!', 'text!'],
  ['bells and backspaces', 'a\u0007b\u0008c', 'abc'],
  ['tabs, which stay', 'a\tb', 'a\tb'],
])('%s', (_, line, text) => {
  expect(stripAnsi(line)).toBe(text);
  expect(
    parseAnsi(line)
      .map((part) => part.text)
      .join(''),
  ).toBe(text);
});

test('only the text after the last carriage return is kept', () => {
  expect(stripAnsi('10 %\r50 %\r100 %')).toBe('100 %');
  expect(stripAnsi('done\r')).toBe('done');
  expect(stripAnsi('\r\r')).toBe('');
});

test('a long malicious line takes linear time', () => {
  const line = `${escape}]`.repeat(20_000) + `${escape}[`.repeat(20_000) + '1;'.repeat(50_000);
  const startedAt = performance.now();
  parseAnsi(line);
  expect(performance.now() - startedAt).toBeLessThan(catastropheMs);
});
