import { ApiError } from '@pumphouse/client';
import { createPersonalKeyRequest } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { findBodyProblems, placeProblems, readFieldProblems } from './field-problems.ts';

const refused = (extra: unknown, status = 400) =>
  new ApiError({ status, code: 'invalid_request', detail: 'The body is not valid.', extra });

describe('fields that the server refused', () => {
  it('are read from the answer', () => {
    const extra = [{ key: 'name', message: 'must have 1 to 200 characters' }];
    expect(readFieldProblems(refused(extra))).toEqual(extra);
  });

  it.each([
    ['an answer that brings something else along', refused({ reasons: ['a'] })],
    ['a list of other things', refused(['a', { key: 'name' }, null])],
    ['a conflict, which no field is to blame for', refused([{ key: 'name', message: 'm' }], 409)],
    ['a server that does not answer', new TypeError('Failed to fetch')],
  ])('are none in %s', (_, error) => {
    expect(readFieldProblems(error)).toEqual([]);
  });

  it('stand at their fields as sentences, the first one of each', () => {
    const problems = [
      { key: 'upserts.0.name', message: 'must be letters' },
      { key: 'upserts.0.name', message: 'is reserved' },
      { key: 'profile', message: 'is local only.' },
    ];
    const values = { name: '', profile: '' };
    expect(placeProblems(problems, values, (key) => key.replace('upserts.0.', ''))).toEqual({
      byField: { name: 'Must be letters.', profile: 'Is local only.' },
      elsewhere: [],
    });
  });

  it('stay apart where the form has no such field', () => {
    const problem = { key: 'toString', message: 'is odd' };
    expect(placeProblems([problem], { name: '' })).toEqual({ byField: {}, elsewhere: [problem] });
  });
});

describe('a body that the contract refuses', () => {
  it('is known before it is sent', () => {
    expect(findBodyProblems(createPersonalKeyRequest, { name: ' ' })).toEqual([
      { key: 'name', message: 'must have 1 to 100 characters' },
    ]);
    expect(findBodyProblems(createPersonalKeyRequest, { name: 'CI', days: 7 })).toEqual([]);
  });
});
