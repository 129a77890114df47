import { expect, it } from 'vitest';
import { isStale, type StaleInput } from './stale.ts';

const away: StaleInput = { downSinceMs: 10_000, isServerAway: true, lastAnswerMs: 9000, nowMs: 13_000 };

it.each<[string, Partial<StaleInput>, boolean]>([
  ['the server is away', {}, true],
  ['no request was ever answered', { lastAnswerMs: null }, true],
  ['the stream is up', { downSinceMs: null }, false],
  ['the stream ended, and the server answers', { isServerAway: false }, false],
  ['the server restarts', { nowMs: 11_500 }, false],
  ['only the stream is blocked, and requests are answered', { lastAnswerMs: 12_000 }, false],
  ['the server went away after the stream was blocked', { lastAnswerMs: 12_000, nowMs: 43_000 }, true],
])('when %s', (_, change, expected) => {
  expect(isStale({ ...away, ...change })).toBe(expected);
});
