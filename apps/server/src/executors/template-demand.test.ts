import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTemplateDemand } from './template-demand.ts';
import { templateRules } from './template-policy.ts';

beforeEach(() => {
  vi.useFakeTimers();
  // The cache takes a time of 0 for none.
  vi.advanceTimersByTime(1);
});
afterEach(() => void vi.useRealTimers());

it('reports a failure until the next attempt is due, even if the key never starts again', () => {
  const demand = createTemplateDemand();
  expect(demand.describeProblem()).toBe(null);
  demand.noteFailure('key', 'no such luck');
  expect(demand.describeProblem()).toBe('no such luck');
  vi.advanceTimersByTime(templateRules.retryMs - 1000);
  expect(demand.describeProblem()).toBe('no such luck');
  expect(demand.hasFailed('key')).toBe(true);
  vi.advanceTimersByTime(2000);
  expect(demand.hasFailed('key')).toBe(false);
  expect(demand.describeProblem()).toBe(null);
});

it('reports no failure after a success of another key', () => {
  const demand = createTemplateDemand();
  demand.noteFailure('key', 'no such luck');
  demand.noteSuccess();
  expect(demand.describeProblem()).toBe(null);
  expect(demand.hasFailed('key')).toBe(true);
});
