import type { AttemptResult } from '../deliveries/attempt-result.ts';
import { describe, expect, it } from 'vitest';
import { decideDelivery } from './delivery-decision.ts';
import { parseRetryAfter } from '../deliveries/retry-after.ts';
import { selectAddresses } from './channel-settings.ts';
import { settleIncident } from './settle-incident.ts';

const now = new Date('2026-03-10T12:00:00Z');
const state = { attempts: 1, secondsToGiveUp: 86_400, now, random: 0 };
const answered = (responseCode: number, retryAfter: string | null = null): AttemptResult => ({
  kind: 'answered',
  responseCode,
  answer: '',
  retryAfter,
});

describe('what follows an attempt', () => {
  it.each([408, 425, 429, 500, 502, 503, 504, 599])('status %i: a retry', (status) => {
    expect(decideDelivery(answered(status), state)).toMatchObject({ kind: 'retry', delaySeconds: 5 });
  });

  it.each([301, 400, 402, 409, 410, 413, 422])('status %i: a rejection', (status) => {
    expect(decideDelivery(answered(status), state)).toMatchObject({ kind: 'failed', isRejection: true });
  });

  it.each([401, 403, 404, 405])('status %i: retries, and a rejection at the fifth attempt', (status) => {
    expect(decideDelivery(answered(status), { ...state, attempts: 4 })).toMatchObject({ kind: 'retry' });
    expect(decideDelivery(answered(status), { ...state, attempts: 5 })).toMatchObject({ kind: 'failed' });
  });

  it('delays double up to half an hour, and vary by up to a quarter', () => {
    const result: AttemptResult = { kind: 'unanswered', reason: 'timeout' };
    const delays = [1, 2, 3, 8, 9, 10, 1000].map((attempts) =>
      decideDelivery(result, { ...state, attempts }),
    );
    expect(delays.map((each) => each.kind === 'retry' && each.delaySeconds)).toEqual([
      5, 10, 20, 640, 1280, 1800, 1800,
    ]);
    expect(decideDelivery(result, { ...state, random: 1 })).toMatchObject({ delaySeconds: 3.75 });
  });

  it('a Retry-After is honored, but not for longer than an hour', () => {
    expect(decideDelivery(answered(429, '60'), state)).toMatchObject({ delaySeconds: 60, pauseSeconds: 60 });
    expect(decideDelivery(answered(429, '999999'), state)).toMatchObject({ delaySeconds: 3600 });
    expect(decideDelivery(answered(429, '0'), state)).toMatchObject({ delaySeconds: 5, pauseSeconds: 0 });
    expect(decideDelivery(answered(500, '60'), state)).toMatchObject({ delaySeconds: 5, pauseSeconds: null });
  });

  it('nothing, when the next attempt would come too late', () => {
    expect(decideDelivery(answered(500), { ...state, secondsToGiveUp: 4 })).toEqual({
      kind: 'failed',
      isRejection: false,
      reason: 'http_500',
    });
  });
});

it.each([
  ['120', 120],
  [' 5 ', 5],
  ['Tue, 10 Mar 2026 12:01:00 GMT', 60],
  ['Tue, 10 Mar 2026 11:00:00 GMT', 0],
  ['-5', null],
  ['1.5', null],
  ['soon', null],
  ['99999999999999', null],
  ['', null],
  [null, null],
])('Retry-After %j is %j seconds', (value, seconds) => {
  expect(parseRetryAfter(value, now)).toBe(seconds);
});

describe('waiting messages of an incident', () => {
  type Kind = 'opened' | 'reminder' | 'acknowledged' | 'resolved';
  /** Names like `opened1`: the digit is the number of attempts. */
  const settle = (...names: string[]) =>
    settleIncident(
      names.map((name, index) => ({
        id: `${index}`,
        kind: name.slice(0, -1) as Kind,
        attempts: Number(name.at(-1)),
      })),
    );

  it.each([
    { names: ['opened0'], superseded: [], resolvedBeforeSent: [] },
    { names: ['opened0', 'resolved0'], superseded: [], resolvedBeforeSent: ['0', '1'] },
    { names: ['opened1', 'resolved0'], superseded: ['0'], resolvedBeforeSent: [] },
    { names: ['opened0', 'reminder0', 'resolved0'], superseded: ['1'], resolvedBeforeSent: ['0', '2'] },
    { names: ['reminder0', 'reminder0', 'reminder0'], superseded: ['0', '1'], resolvedBeforeSent: [] },
    { names: ['reminder3', 'resolved0'], superseded: ['0'], resolvedBeforeSent: [] },
    { names: ['resolved1', 'opened0'], superseded: [], resolvedBeforeSent: [] },
    {
      names: ['resolved0', 'opened0', 'resolved0', 'opened0'],
      superseded: [],
      resolvedBeforeSent: ['1', '2'],
    },
    { names: ['reminder0', 'acknowledged0'], superseded: ['0'], resolvedBeforeSent: [] },
    { names: ['opened0', 'acknowledged0'], superseded: [], resolvedBeforeSent: [] },
    {
      names: ['acknowledged0', 'reminder0', 'acknowledged0'],
      superseded: ['1', '0'],
      resolvedBeforeSent: [],
    },
    { names: ['opened0', 'acknowledged0', 'resolved0'], superseded: ['1'], resolvedBeforeSent: ['0', '2'] },
    { names: ['opened2', 'acknowledged0', 'resolved0'], superseded: ['1', '0'], resolvedBeforeSent: [] },
    { names: ['opened0', 'reminder0'], superseded: [], resolvedBeforeSent: [] },
  ])('$names', ({ names, superseded, resolvedBeforeSent }) => {
    expect(settle(...names)).toEqual({ superseded, resolvedBeforeSent });
  });
});

it('recipients are each address once, of members with the role, and chosen ones while they are members', () => {
  const members = [
    { userId: '1', email: 'Owner@example.com', role: 'owner' },
    { userId: '2', email: 'dev@example.com', role: 'developer' },
  ];
  const select = (group: 'owners' | 'members' | null, userIds: string[], addresses: string[]) =>
    selectAddresses({ group, userIds, addresses }, members);
  expect(select('owners', ['2', '3'], [])).toEqual(['Owner@example.com', 'dev@example.com']);
  expect(select('members', [], ['owner@example.com'])).toEqual(['owner@example.com', 'dev@example.com']);
  expect(select(null, ['3'], [])).toEqual([]);
});
