import { ApiError } from '@pumphouse/client';
import { expect, it } from 'vitest';
import { classifyError } from './error-kind.ts';

const answer = (status: number) =>
  new ApiError({ status, code: undefined, detail: 'It failed.', extra: null });

it.each([
  [new TypeError('Failed to fetch'), 'server-away'],
  [answer(502), 'server-away'],
  [answer(503), 'server-away'],
  [answer(504), 'server-away'],
  [answer(500), 'failed'],
  [answer(409), 'failed'],
  [answer(404), 'not-found'],
  [answer(403), 'no-access'],
  [new Error('a bug'), 'failed'],
])('%s is classified as %s', (error, kind) => {
  expect(classifyError(error)).toBe(kind);
});
