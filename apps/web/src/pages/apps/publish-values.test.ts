import { describe, expect, it } from 'vitest';
import { checkPublishValues, toPublishBody } from './publish-values.ts';

const now = new Date(2026, 10, 26, 12, 0, 0);
const check = (values: Partial<{ expires_at: string; password: string }>) =>
  checkPublishValues({ expires_at: '', password: '', ...values }, now.getTime());

describe('the values of the publish form', () => {
  it('default to no expiry and no password', () => {
    expect(toPublishBody({ expires_at: '', password: '' })).toEqual({ expires_at: null, password: null });
    expect(check({})).toEqual([]);
  });

  it('interpret the expiry in the viewer’s time zone', () => {
    const body = toPublishBody({ expires_at: '2026-12-01T09:30', password: 'long enough' });
    expect(body).toEqual({
      expires_at: new Date(2026, 11, 1, 9, 30).toISOString(),
      password: 'long enough',
    });
    expect(check({ expires_at: '2026-12-01T09:30' })).toEqual([]);
  });

  it('reject an expiry in the past, and passwords that are too short or too long', () => {
    expect(check({ expires_at: '2026-11-26T12:00' })).toEqual([
      { key: 'expires_at', message: 'must be in the future' },
    ]);
    const problem = { key: 'password', message: 'must have 8 to 200 characters' };
    expect(check({ password: '1234567' })).toEqual([problem]);
    expect(check({ password: 'x'.repeat(201) })).toEqual([problem]);
    expect(check({ password: 'x'.repeat(200) })).toEqual([]);
  });
});
