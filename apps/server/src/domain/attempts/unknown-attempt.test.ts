import { describe, expect, it } from 'vitest';
import { decideUnknown, planUnknownLimits, type UnknownAttempt } from './unknown-attempt.ts';

const limits = { markAfterSeconds: 30, endAfterSeconds: 600 };
const attempt: UnknownAttempt = { hiddenSeconds: 0, unknownSeconds: null, isToEnd: false };
const decide = (change: Partial<UnknownAttempt>) => decideUnknown({ ...attempt, ...change }, limits);

describe('an attempt whose place cannot be seen', () => {
  it('is unknown when that lasts', () => {
    expect(decide({ hiddenSeconds: 29 })).toBe('wait');
    expect(decide({ hiddenSeconds: 30 })).toBe('mark');
    expect(decide({ hiddenSeconds: 30, isToEnd: true })).toBe('mark');
  });

  it('stays unknown while nothing asks for its end', () => {
    expect(decide({ hiddenSeconds: 1e6, unknownSeconds: 1e6 })).toBe('wait');
  });

  it('ends when it is to end and was unknown for long enough', () => {
    expect(decide({ unknownSeconds: 599, isToEnd: true })).toBe('wait');
    // Another server may have marked it: this one has only begun to look.
    expect(decide({ hiddenSeconds: 0, unknownSeconds: 600, isToEnd: true })).toBe('end');
  });
});

it.each([
  [10, { markAfterSeconds: 30, endAfterSeconds: 600 }],
  [1, { markAfterSeconds: 6, endAfterSeconds: 60 }],
  [0, { markAfterSeconds: 0, endAfterSeconds: 0 }],
])('%d minutes give the limits', (minutes, expected) => {
  expect(planUnknownLimits(minutes)).toEqual(expected);
});
