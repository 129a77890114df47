import { expect, test } from 'vitest';
import { parseAnsi, stripAnsi } from './ansi.ts';

/** It takes milliseconds; an expression that goes back over the line again and again would take hours. */
const catastropheMs = 60_000;

const escape = '\u001b';
const sgr = (codes: string) => `${escape}[${codes}m`;

test('a line without sequences is one plain piece', () => {
  expect(parseAnsi('rows loaded: 12')).toEqual([{ text: 'rows loaded: 12', style: {} }]);
});

test('an empty line has no pieces', () => {
  expect(parseAnsi('')).toEqual([]);
});

test('words on both sides of a line break stay apart', () => {
  expect(stripAnsi('environment at: venv\nerror: No solution')).toBe(
    'environment at: venv error: No solution',
  );
  expect(parseAnsi('one\r\ntwo')).toEqual([{ text: 'one two', style: {} }]);
});

test('colours hold until they are taken back', () => {
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
  ['a ground', '44', { ground: 4 }],
  ['a bright ground', '103', { ground: 11 }],
  ['one of 256, named', '38;5;9', { colour: 9 }],
  ['one of 256, in the cube', '38;5;208', { colour: 'rgb(255 135 0)' }],
  ['one of 256, grey', '48;5;232', { ground: 'rgb(8 8 8)' }],
  ['any', '38;2;1;2;3', { colour: 'rgb(1 2 3)' }],
  ['any, with colons', '38:2:1:2:3', { colour: 'rgb(1 2 3)' }],
  ['any out of bounds', '38;2;999;0;3', { colour: 'rgb(255 0 3)' }],
  ['one that does not exist', '38;5;999', {}],
  ['cut off', '38', {}],
  ['unknown', '73', {}],
])('colour: %s', (_, codes, style) => {
  const [part] = parseAnsi(`${sgr(codes)}x`);
  expect(part).toEqual({ text: 'x', style });
});

test('what is more than one colour in a row goes on after an extended one', () => {
  expect(parseAnsi(`${sgr('38;5;208;4')}x`)).toEqual([
    { text: 'x', style: { colour: 'rgb(255 135 0)', isUnderlined: true } },
  ]);
});

test.each([
  ['movement of the cursor', `a${escape}[2Kb${escape}[10;5Hc`, 'abc'],
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
  ['eight-bit forms', '\u009b31mtext\u009d0;title\u009c!', 'text!'],
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

test('a carriage return lets the last rewrite stand', () => {
  expect(stripAnsi('10 %\r50 %\r100 %')).toBe('100 %');
  expect(stripAnsi('done\r')).toBe('done');
  expect(stripAnsi('\r\r')).toBe('');
});

test('a long hostile line takes linear time', () => {
  const line = `${escape}]`.repeat(20_000) + `${escape}[`.repeat(20_000) + '1;'.repeat(50_000);
  const startedAt = performance.now();
  parseAnsi(line);
  expect(performance.now() - startedAt).toBeLessThan(catastropheMs);
});
