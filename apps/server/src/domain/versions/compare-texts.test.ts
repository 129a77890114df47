import type { TextHunk } from './compare-texts.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareTexts } from './compare-texts.ts';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

/** Applies the hunks to a text; throws if a line that they name does not exist. */
function apply(before: string, hunks: readonly TextHunk[]): string {
  const old = before.split('\n').map((text, index, all) => (index < all.length - 1 ? `${text}\n` : text));
  const made: string[] = [];
  let next = 1;
  for (const hunk of hunks) {
    const start = hunk.oldLines === 0 ? hunk.oldStart + 1 : hunk.oldStart;
    made.push(...old.slice(next - 1, start - 1));
    next = start;
    for (const line of hunk.lines) {
      const text = line.noNewlineAtEnd ? line.text : `${line.text}\n`;
      if (line.kind !== 'added') {
        expect([line.oldNumber, old[next - 1]]).toEqual([next, text]);
        next += 1;
      }
      if (line.kind === 'removed') continue;
      made.push(text);
      expect(line.newNumber).toBe(made.length);
    }
  }
  return [...made, ...old.slice(next - 1)].join('');
}

describe('compareTexts', () => {
  it('numbers the lines of both sides, with three lines of context', async () => {
    const before = 'a\nb\nc\nd\ne\nf\ng\nh\n';
    const [hunk, ...others] = await compareTexts(before, before.replace('e\n', 'E\nE2\n'));
    expect(others).toEqual([]);
    expect(hunk).toMatchObject({ oldStart: 2, oldLines: 7, newStart: 2, newLines: 8 });
    expect(
      hunk?.lines.map(({ kind, oldNumber, newNumber, text }) => [kind, oldNumber, newNumber, text]),
    ).toEqual([
      ['context', 2, 2, 'b'],
      ['context', 3, 3, 'c'],
      ['context', 4, 4, 'd'],
      ['removed', 5, null, 'e'],
      ['added', null, 5, 'E'],
      ['added', null, 6, 'E2'],
      ['context', 6, 7, 'f'],
      ['context', 7, 8, 'g'],
      ['context', 8, 9, 'h'],
    ]);
  });

  it('shows a last line without line feed, and a carriage return', async () => {
    const [hunk] = await compareTexts('a\nb', 'a\r\nb\n');
    expect(hunk?.lines.map(({ kind, text, noNewlineAtEnd }) => [kind, text, noNewlineAtEnd])).toEqual([
      ['removed', 'a', false],
      ['removed', 'b', true],
      ['added', 'a\r', false],
      ['added', 'b', false],
    ]);
  });

  it('starts a side without lines at the line before it', async () => {
    expect(await compareTexts('', 'a\n')).toMatchObject([
      { oldStart: 0, oldLines: 0, newStart: 1, newLines: 1 },
    ]);
    expect(await compareTexts('a\n', '')).toMatchObject([
      { oldStart: 1, oldLines: 1, newStart: 0, newLines: 0 },
    ]);
    expect(await compareTexts('same\n', 'same\n')).toEqual([]);
  });

  it('replaces the whole text if too many lines differ', async () => {
    const before = Array.from({ length: 1500 }, (_, index) => `old ${index}\n`).join('');
    const after = Array.from({ length: 1500 }, (_, index) => `new ${index}`).join('\n');
    const hunks = await compareTexts(before, after);
    expect(hunks).toMatchObject([{ oldStart: 1, oldLines: 1500, newStart: 1, newLines: 1500 }]);
    expect(apply(before, hunks)).toBe(after);
    expect(await compareTexts(before.repeat(2), '')).toMatchObject([{ newStart: 0, newLines: 0 }]);
  });

  it('returns hunks that turn one text into the other', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', '', '-x', '+y', '\\ z', 'd\r'), { maxLength: 30 })
      .map((lines) => lines.join('\n'));
    const property = fc.asyncProperty(text, text, async (before, after) => {
      expect(apply(before, await compareTexts(before, after))).toBe(after);
    });
    await fc.assert(property, { seed: propertySeed, numRuns: caseCount(300) });
  });
});
