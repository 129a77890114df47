import { expect, it } from 'vitest';
import { layOutLog, resolveLine } from './log-layout.ts';

it('numbers the lines of all attempts consecutively, and counts a removed log as one line', () => {
  const attempts = [
    { logLines: 3, logRemovedAt: null },
    { logLines: 900, logRemovedAt: new Date() },
    { logLines: 0, logRemovedAt: null },
    { logLines: 2, logRemovedAt: null },
  ];
  expect(layOutLog(attempts).map(({ firstLine, lineCount }) => [firstLine, lineCount])).toEqual([
    [0, 3],
    [3, 1],
    [4, 0],
    [4, 2],
  ]);
  expect(layOutLog([])).toEqual([]);
});

it('counts negative numbers from the end, and stops at the first line', () => {
  expect([0, 7, 500, -1, -10, -11].map((wanted) => resolveLine(wanted, 10))).toEqual([0, 7, 500, 9, 0, 0]);
  expect(resolveLine(-1, 0)).toBe(0);
});
