import { expect, it } from 'vitest';
import { decidePressure, planPressureLimits } from './pod-pressure.ts';

it('closes at the limit and opens only at half of it', () => {
  const limits = planPressureLimits(10);
  const counts = [0, 9, 10, 9, 6, 5, 6, 9, 10];
  const decisions: boolean[] = [];
  for (const count of counts) decisions.push(decidePressure(decisions.at(-1) ?? false, count, limits));
  expect(decisions).toEqual([false, false, true, true, true, false, false, false, true]);
});
