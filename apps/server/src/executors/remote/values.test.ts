import { expect, it } from 'vitest';
import { inspection } from './values.ts';

it('an inspection keeps what a pod waits for, and why it is missing', () => {
  const waiting = { state: 'running', waitsFor: 'Waiting for its pod to start: 1 Insufficient cpu.' };
  expect(inspection.parse(waiting)).toEqual(waiting);
  const missing = { state: 'missing', detail: 'Its pod was evicted.', code: 'attempt_lost' };
  expect(inspection.parse(missing)).toEqual(missing);
  expect(inspection.safeParse({ ...missing, code: 'toString' }).success).toBe(false);
});
