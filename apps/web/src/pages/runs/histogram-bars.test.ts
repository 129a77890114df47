import { describe, expect, it } from 'vitest';
import { bucketAt, describeBucket, isInSpan, rangeOfSpan } from './histogram-bars.ts';
import { countedStates } from './run-list.ts';

const none = { pending: 0, running: 0, completed: 0, failed: 0, cancelled: 0, skipped: 0 };
const buckets = [0, 1, 2].map((hour) => ({
  ...none,
  start: `2026-11-30T0${hour}:00:00.000Z`,
  end: `2026-11-30T0${hour + 1}:00:00.000Z`,
}));

describe('a selection in the histogram', () => {
  it.each([
    { anchor: 0, current: 1 },
    { anchor: 1, current: 0 },
  ])('is a range of time in either direction: %j', (span) => {
    expect(rangeOfSpan(buckets, span)).toEqual({
      startMs: Date.parse('2026-11-30T00:00:00Z'),
      endMs: Date.parse('2026-11-30T02:00:00Z'),
    });
    expect([0, 1, 2].map((index) => isInSpan(span, index))).toEqual([true, true, false]);
  });

  it('is empty without buckets', () => {
    expect(rangeOfSpan([], { anchor: 0, current: 0 })).toBeNull();
  });

  it('follows the pointer, also outside of the histogram', () => {
    expect([-5, 0, 99, 100, 299, 400].map((x) => bucketAt(x, 300, 3))).toEqual([0, 0, 0, 1, 2, 2]);
  });
});

it('a bucket is described with the counts of the chosen states', () => {
  const bucket = { ...buckets[0], ...none, start: '', end: '', failed: 2, completed: 3 };
  const at = { start: '2026-11-30T00:00:00Z', end: '2026-11-30T01:00:00Z' };
  const now = new Date('2026-11-30T05:00:00Z');
  expect(describeBucket({ ...bucket, ...at }, countedStates, now)).toContain(': 2 failed, 3 completed');
  expect(describeBucket({ ...bucket, ...at }, ['cancelled'], now)).toContain(': no runs');
});
