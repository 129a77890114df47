import { describe, expect, it } from 'vitest';
import { emptyChannel, toCreateRequest, toUpdateRequest, toValues } from './channel-values.ts';

const members = [{ userId: 'u1', email: 'Ada@example.com' }];

describe('a request', () => {
  it('contains only the properties of the kind', () => {
    const values = { ...emptyChannel, name: 'A', url: ' https://x.example.com ', routing_key: 'k' };
    expect(toCreateRequest(values, members)).toEqual({
      name: 'A',
      kind: 'slack',
      url: 'https://x.example.com',
    });
    expect(toCreateRequest({ ...values, kind: 'pagerduty' }, members)).toEqual({
      name: 'A',
      kind: 'pagerduty',
      routing_key: 'k',
      region: 'us',
    });
  });

  it('keeps the address of a channel while its field is empty', () => {
    expect(toUpdateRequest({ ...emptyChannel, name: 'A' }, members)).toEqual({ name: 'A' });
  });

  it('turns the addresses of members into members, and back', () => {
    const values = {
      ...emptyChannel,
      kind: 'email' as const,
      group: 'none' as const,
      addresses: 'ada@EXAMPLE.com, on-call@example.com\non-call@example.com',
    };
    const { recipients } = toCreateRequest(values, members);
    expect(recipients).toEqual({ group: null, user_ids: ['u1'], addresses: ['on-call@example.com'] });
    const channel = { name: 'A', kind: 'email', region: null, recipients } as Parameters<typeof toValues>[0];
    expect(toValues(channel, members).addresses).toBe('Ada@example.com\non-call@example.com');
  });
});
