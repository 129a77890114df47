import { describe, expect, it } from 'vitest';
import { actionsOf, auditAreas, describeAction } from './audit-actions.ts';
import { describeActor, describeDetail, listDetails } from './audit-texts.ts';

const id = '11111111-1111-4111-8111-111111111111';

const lines = (before: Record<string, unknown> | null, after: Record<string, unknown> | null) =>
  listDetails({ before, after, target: { kind: 'job', id, name: 'version 3' } }).map(describeDetail);

describe('the details of an entry', () => {
  it('are the changed values', () => {
    const before = { name: 'shop', description: null, default_workspace_role: 'viewer' };
    const after = { name: 'shop', description: 'Orders', default_workspace_role: null };
    expect(lines(before, after)).toEqual([
      'description: none → Orders',
      'default workspace role: viewer → none',
    ]);
  });

  it('have one side if there is only one, and omit empty values', () => {
    const run = { id, job: 'jobs.orders', trigger: 'manual:', profile: 'prod', refresh: false };
    expect(
      lines(null, { run_count: 2, runs: [run, { ...run, refresh: true }], cancelled_run_count: 0 }),
    ).toEqual(['runs: jobs.orders under prod, jobs.orders under prod, refresh']);
    expect(lines({ role: 'viewer' }, null)).toEqual(['role: viewer']);
    expect(lines(null, null)).toEqual([]);
  });

  it('contain names, and counts for lists of ids', () => {
    const set = [{ name: 'TOKEN', type: 'secret' }];
    expect(lines(null, { profile: null, set, removed: [] })).toEqual(['set: TOKEN (secret)']);
    const workspaces = [
      { id, name: 'shop', role: 'viewer' },
      { workspaceId: id, role: 'owner' },
    ];
    expect(lines({ role: 'member', workspaces }, null)).toEqual([
      'role: member',
      'workspaces: viewer in shop, owner',
    ]);
    expect(lines(null, { started_runs: [id, id], member_id: id })).toEqual(['started runs: 2']);
  });

  it('show times in the viewer’s time zone', () => {
    const [line] = lines(null, { expires_at: '2026-12-26T18:23:12.751Z' });
    expect(line).toMatch(/^expires: Sat,? 26 Dec 2026/);
  });

  it('omit redundant values', () => {
    expect(lines(null, { version: 3, file_count: 2, size_bytes: 1531 })).toEqual([
      'files: 2',
      'size: 1.5 kB',
    ]);
    expect(lines(null, { created_count: 2, created: ['jobs.a', 'jobs.b'] })).toEqual([
      'created: jobs.a, jobs.b',
    ]);
    expect(lines(null, { created_count: 200, created: ['jobs.a'] })).toEqual([
      'created: 200',
      'created: jobs.a',
    ]);
    expect(lines({ name: 'version 2' }, { name: 'version 3' })).toEqual(['name: version 2 → version 3']);
  });

  it('truncate long values', () => {
    const [line] = lines(null, { name: 'x y '.repeat(1000) });
    expect(line).toHaveLength('name: '.length + 301);
  });
});

it('describes every action of an area, and returns unknown actions unchanged', () => {
  for (const { value } of auditAreas) {
    expect(actionsOf([value])).not.toEqual([]);
    for (const action of actionsOf([value])) expect(describeAction(action)).not.toBe(action);
  }
  expect(actionsOf(['toString'])).toEqual([]);
  expect(describeAction('app.publish')).toBe('app.publish');
});

it('describes the actor', () => {
  const actor = (kind: string, email: string | null) => ({
    kind,
    email,
    user_id: null,
    key_id: null,
    address: null,
    user_agent: null,
  });
  expect(describeActor(actor('person', 'owner@example.com'))).toBe('owner@example.com');
  expect(describeActor(actor('key', 'owner@example.com'))).toBe('API key (owner@example.com)');
  expect(describeActor(actor('nobody', null))).toBe('unauthenticated user');
});
