import { expect, it } from 'vitest';
import { auditLogQuery } from './audit-log-query.ts';

const asked = (search: object) => auditLogQuery(search, 'Europe/Berlin');

it('queries all entries without filters', () => {
  expect(asked({})).toEqual({ timezone: 'Europe/Berlin' });
});

it('includes the whole last day', () => {
  expect(asked({ from: '2026-02-27', to: '2026-02-28' })).toMatchObject({
    start: '2026-02-27T00:00:00',
    end: '2026-03-01T00:00:00',
  });
});

it('filters by the actions of areas, by user and by target', () => {
  expect(asked({ what: ['keys'], who: 'u', target: 'job:a:b' })).toEqual({
    action: ['key.create', 'key.revoke'],
    actor_user_id: 'u',
    target_kind: 'job',
    target_id: 'a:b',
    timezone: 'Europe/Berlin',
  });
});

it('ignores invalid values', () => {
  expect(asked({ from: 'yesterday', to: '2026-13-45', target: 'job' })).toEqual({
    timezone: 'Europe/Berlin',
  });
});
