import { describe, expect, it } from 'vitest';
import { decideUnknown, planUnknownLimits, type UnknownAttempt } from './unknown-attempt.ts';

const limits = { markAfterSeconds: 30, endAfterSeconds: 600 };
const attempt: UnknownAttempt = { hiddenSeconds: 0, unknownSeconds: null, isToEnd: false };
const decide = (change: Partial<UnknownAttempt>) => decideUnknown({ ...attempt, ...change }, limits);

describe('an attempt in an unobservable location', () => {
  it('becomes unknown if that lasts', () => {
    expect(decide({ hiddenSeconds: 29 })).toBe('wait');
    expect(decide({ hiddenSeconds: 30 })).toBe('mark');
    expect(decide({ hiddenSeconds: 30, isToEnd: true })).toBe('mark');
  });

  it('stays unknown until its end is requested', () => {
    expect(decide({ hiddenSeconds: 1e6, unknownSeconds: 1e6 })).toBe('wait');
  });

  it('ends if requested and unknown for long enough', () => {
    expect(decide({ unknownSeconds: 599, isToEnd: true })).toBe('wait');
    // Another server may have marked it; this one has only just begun to observe.
    expect(decide({ hiddenSeconds: 0, unknownSeconds: 600, isToEnd: true })).toBe('end');
  });
});

it.each([
  [10, { markAfterSeconds: 30, endAfterSeconds: 600 }],
  [1, { markAfterSeconds: 6, endAfterSeconds: 60 }],
  [0, { markAfterSeconds: 0, endAfterSeconds: 0 }],
])('derives the limits from %d minutes', (minutes, expected) => {
  expect(planUnknownLimits(minutes)).toEqual(expected);
});
