import { expect, it } from 'vitest';
import { organizationLimitsRequest } from '@pumphouse/contract';
import { readLimit } from './read-limit.ts';

it.each([
  ['', null],
  [' ', null],
  ['0', 0],
  [' 20 ', 20],
])('reads %j as the limit %j', (text, limit) => {
  expect(readLimit(text)).toBe(limit);
});

it.each(['-1', '1.5', '1e3', 'many', '99999999999'])(
  'returns a value that the contract rejects for %j',
  (text) => {
    const body = { concurrent_runs: readLimit(text), minutes_a_month: null };
    expect(organizationLimitsRequest.safeParse(body).success).toBe(false);
  },
);
