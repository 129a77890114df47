import { expect, it } from 'vitest';
import { stackBuckets } from './strip.ts';

const bucket = { start: '', end: '', completed: 0, failed: 0, cancelled: 0, skipped: 0, active: 0 };

it('places failures at the bottom and keeps small counts visible', () => {
  const [empty, full] = stackBuckets([bucket, { ...bucket, completed: 990, failed: 10 }], 100);
  expect(empty).toEqual([]);
  expect(full?.map(({ state, y }) => [state, Math.round(y)])).toEqual([
    ['failed', 0],
    ['completed', 3],
  ]);
  const top = (full ?? []).reduce((sum, { height }) => sum + height, 0);
  expect(top).toBeCloseTo(100);
});

it('gives the only run of a window a bar of full height', () => {
  const [only] = stackBuckets([{ ...bucket, active: 1 }], 40);
  expect(only).toEqual([{ state: 'active', count: 1, y: 0, height: 40 }]);
});
