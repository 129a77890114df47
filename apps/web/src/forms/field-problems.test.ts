import { ApiError } from '@pumphouse/client';
import { createPersonalKeyRequest } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { findBodyProblems, assignProblems, readFieldProblems } from './field-problems.ts';

const refused = (extra: unknown, status = 400) =>
  new ApiError({ status, code: 'invalid_request', detail: 'The body is not valid.', extra });

describe('rejected fields', () => {
  it('are read from the response', () => {
    const extra = [{ key: 'name', message: 'must have 1 to 200 characters' }];
    expect(readFieldProblems(refused(extra))).toEqual(extra);
  });

  it.each([
    ['a response with other details', refused({ reasons: ['a'] })],
    ['a list of other values', refused(['a', { key: 'name' }, null])],
    ['a conflict', refused([{ key: 'name', message: 'm' }], 409)],
    ['a missing response', new TypeError('Failed to fetch')],
  ])('are empty for %s', (_, error) => {
    expect(readFieldProblems(error)).toEqual([]);
  });

  it('are assigned to their fields as sentences, only the first one per field', () => {
    const problems = [
      { key: 'upserts.0.name', message: 'must be letters' },
      { key: 'upserts.0.name', message: 'is reserved' },
      { key: 'profile', message: 'is local only.' },
    ];
    const values = { name: '', profile: '' };
    expect(assignProblems(problems, values, (key) => key.replace('upserts.0.', ''))).toEqual({
      byField: { name: 'Must be letters.', profile: 'Is local only.' },
      elsewhere: [],
    });
  });

  it('are returned separately if the form has no such field', () => {
    const problem = { key: 'toString', message: 'is odd' };
    expect(assignProblems([problem], { name: '' })).toEqual({ byField: {}, elsewhere: [problem] });
  });
});

describe('a body that the contract rejects', () => {
  it('is detected before it is sent', () => {
    expect(findBodyProblems(createPersonalKeyRequest, { name: ' ' })).toEqual([
      { key: 'name', message: 'must have 1 to 100 characters' },
    ]);
    expect(findBodyProblems(createPersonalKeyRequest, { name: 'CI', days: 7 })).toEqual([]);
  });
});
