import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { createUserCode, readUserCode } from './user-code.ts';

const picks = fc.array(fc.nat({ max: 19 }), { minLength: 8, maxLength: 8 });

function codeOf(numbers: readonly number[]): string {
  let next = 0;
  return createUserCode(() => numbers[next++] ?? 0);
}

describe('a user code', () => {
  it('has eight letters, no vowels and no digits', () => {
    fc.assert(
      fc.property(picks, (numbers) => /^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/.test(codeOf(numbers))),
      { seed: propertySeed },
    );
    expect(codeOf([0, 1, 2, 3, 4, 5, 6, 7])).toBe('BCDF-GHJK');
  });

  it('uses every allowed letter', () => {
    const used = new Set(
      Array.from({ length: 20 }, (_, index) => codeOf(Array(8).fill(index) as number[])[0]),
    );
    expect(used.size).toBe(20);
  });

  it('is parsed in any case and with any separators', () => {
    const between = fc.constantFrom('', ' ', '-', ' - ', '\u2013', '.', '\u00a0', '_');
    fc.assert(
      fc.property(picks, between, fc.boolean(), (numbers, gap, isSmall) => {
        const code = codeOf(numbers);
        const spread = code.replace('-', '').split('').join(gap);
        expect(readUserCode(isSmall ? ` ${spread.toLowerCase()}\n` : spread)).toBe(code);
      }),
      { seed: propertySeed },
    );
  });

  it.each([
    ['digits that look like letters', '8CDF-6HJK', 'BCDF-GHJK'],
    ['letters of full width', 'ＢＣＤＦ－ＧＨＪＫ', 'BCDF-GHJK'],
    ['one and five', 'BCDF-15JK', 'BCDF-LSJK'],
  ])('is parsed from %s', (_, typed, code) => {
    expect(readUserCode(typed)).toBe(code);
  });

  it.each(['', 'BCDF', 'BCDF-GHJKL', 'BCDF-GHJA', 'BCDF-GHJ0', 'BCDF-GHJÉ', `${' '.repeat(100)}BCDFGHJK`])(
    'is not parsed from %j',
    (typed) => {
      expect(readUserCode(typed)).toBeNull();
    },
  );
});
