import { describe, expect, it } from 'vitest';
import { toErrorAnswer } from './errors.ts';

function fail(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe('toErrorAnswer', () => {
  it.each([
    ['a store that refuses connections', fail('connect ECONNREFUSED', 'ECONNREFUSED'), 503, 'unavailable'],
    ['a store that is starting', fail('the database system is starting up', '57P03'), 503, 'unavailable'],
    ['a store that was killed in a query', fail('Connection terminated unexpectedly'), 503, 'unavailable'],
    ['a full disk', fail('ENOSPC: no space left on device, write', 'ENOSPC'), 507, 'disk_full'],
    ['a full disk of the store', fail('could not extend file "base/1"', '53100'), 507, 'disk_full'],
    ['a read-only file system', fail("EROFS: open '/secret words'", 'EROFS'), 503, 'unavailable'],
    ['a closed folder', fail("EACCES: open '/secret words'", 'EACCES'), 503, 'unavailable'],
    ['an unexpected error', fail('secret words'), 500, 'internal'],
  ])('maps %s', (_, error, status, code) => {
    const answer = toErrorAnswer(error, 'request-1');
    expect(answer).toMatchObject({ status, body: { code, status_code: status }, isUnexpected: true });
    expect(answer.body.detail).not.toContain('secret words');
  });
});
