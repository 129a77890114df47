import { expect, it } from 'vitest';
import { toCsv } from './csv.ts';

const lineOf = (cell: string | number | null) => toCsv([[cell]]).slice(1, -2);

it('writes rows with a byte order mark', () => {
  expect(
    toCsv([
      ['a', 1, null, true],
      ['b', 2.5, undefined, false],
    ]),
  ).toBe('\uFEFFa,1,,true\r\nb,2.5,,false\r\n');
});

it('quotes separators, quotes and line breaks', () => {
  expect(lineOf('a,"b"\nc')).toBe('"a,""b""\nc"');
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '  =1'])('neutralizes the formula %j', (text) => {
  expect(lineOf(text)).toMatch(/^"?'/);
});

it('keeps numbers, also negative ones', () => {
  expect(lineOf(-1)).toBe('-1');
});
