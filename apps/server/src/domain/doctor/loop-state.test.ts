import { expect, it } from 'vitest';
import { deriveLoopState } from './loop-state.ts';

const now = new Date('2026-03-01T12:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);

it.each([
  [{ lastSuccessAt: ago(1) }, 'working'],
  [{ lastSuccessAt: ago(89) }, 'working'],
  [{ lastSuccessAt: ago(91) }, 'late'],
  [{ lastSuccessAt: ago(31), readyWithinMs: 30_000 }, 'late'],
  [{ startedAt: ago(60) }, 'waiting'],
  [{ startedAt: ago(600) }, 'late'],
])('derives the state of a loop of 10 s with %j', (change, state) => {
  const loop = { intervalMs: 10_000, readyWithinMs: null, startedAt: ago(3600), lastSuccessAt: null };
  expect(deriveLoopState({ ...loop, ...change }, now)).toBe(state);
});
