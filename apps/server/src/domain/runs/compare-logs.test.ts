import type { TextHunk } from '../versions/compare-texts.ts';
import { describe, expect, it } from 'vitest';
import { compareLogs } from './compare-logs.ts';

const signs = { context: ' ', removed: '-', added: '+' };
const show = (hunks: TextHunk[]) =>
  hunks.flatMap(({ lines }) =>
    lines.map(
      ({ kind, text, oldNumber, newNumber }) => `${signs[kind]}${oldNumber ?? ''}/${newNumber ?? ''} ${text}`,
    ),
  );
const whole = (...lines: string[]) => ({ linesBefore: 0, lines });

describe('the difference between two logs', () => {
  it('is empty if only times, numbers and ids differ', async () => {
    const before = whole('10:00:01 loaded 5,428 rows in 3.2 s', 'package 1763970312.55 is loaded');
    const after = whole('11:30:02 loaded 5,310 rows in 4 s', 'package 1763973912.71 is loaded');
    expect(await compareLogs(before, after)).toEqual([]);
  });

  it('shows lines unchanged, and those of the later log if both have them', async () => {
    const before = whole('10:00:01 begins', 'all is well', '10:00:02 ends');
    const after = whole('11:00:01 begins', 'ValueError: bad', 'in body.py', '11:00:02 ends');
    expect(show(await compareLogs(before, after))).toEqual([
      ' 1/1 11:00:01 begins',
      '-2/ all is well',
      '+/2 ValueError: bad',
      '+/3 in body.py',
      ' 3/4 11:00:02 ends',
    ]);
  });

  it('counts the lines before the tails', async () => {
    const before = { linesBefore: 100, lines: ['one', 'two'] };
    const hunks = await compareLogs(before, { linesBefore: 200, lines: ['one', 'other'] });
    expect(show(hunks)).toEqual([' 101/201 one', '-102/ two', '+/202 other']);
    expect(hunks).toMatchObject([{ oldStart: 101, oldLines: 2, newStart: 201, newLines: 2 }]);
  });

  it('treats each line as one, whatever it contains', async () => {
    const hunks = await compareLogs(whole('a\nb', 'c\r'), whole('a\nb', 'c\r', ''));
    expect(show(hunks)).toEqual([' 1/1 a\nb', ' 2/2 c\r', '+/3 ']);
  });

  it('compares with an empty log', async () => {
    expect(show(await compareLogs(whole(), whole('a', 'b')))).toEqual(['+/1 a', '+/2 b']);
    expect(await compareLogs(whole(), whole())).toEqual([]);
  });

  it('yields to other work while logs differ in all their lines', async () => {
    const lines = (word: string) =>
      Array.from({ length: 5000 }, (_, n) => `${word} ${'ab'.repeat(n % 50)} x${n}`);
    let turns = 0;
    const beat = setInterval(() => (turns += 1), 1);
    const hunks = await compareLogs(whole(...lines('before')), whole(...lines('after')));
    clearInterval(beat);
    expect(hunks).toMatchObject([{ oldLines: 5000, newLines: 5000 }]);
    expect(turns).toBeGreaterThan(5);
  });
});
