import type { ApiFixture } from '../testing/api-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;

const stranger = '00000000-0000-4000-8000-000000000000';

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  context = await api.createWorkspaceFixture();
});

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

function call(method: Method, path: string, payload?: object) {
  return api.app.inject({
    method,
    url: `/pumphouse/v1/workspaces/${context.workspace.id}/${path}`,
    headers: { authorization: `Bearer ${context.owner.key}` },
    ...(payload && { payload }),
  });
}

const url = 'https://hooks.example.com/services/planted-path';
const wanted = { name: 'Warehouse', url, event_types: ['pumphouse.job_run.*'] };

const create = async (payload: object = wanted) =>
  readAnswer('create_event_subscription', await call('POST', 'event-subscriptions', payload));

describe('a subscription', () => {
  it('shows the host of its URL and nothing else of it, and its signing secret once', async () => {
    const created = await create();
    expect(created).toMatchObject({
      host: 'hooks.example.com',
      is_enabled: true,
      event_types: ['pumphouse.job_run.*'],
      scope: { job_ids: [], job_patterns: [], tags: [], pipeline_names: [] },
    });
    expect(created.signing_secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const listed = await call('GET', 'event-subscriptions');
    expect(readAnswer('list_event_subscriptions', listed).subscriptions).toMatchObject([{ id: created.id }]);
    const changed = await call('PATCH', `event-subscriptions/${created.id}`, {
      url: 'https://other.example.com/planted-path-2',
      scope: { tags: ['nightly'] },
    });
    expect(readAnswer('update_event_subscription', changed)).toMatchObject({
      host: 'other.example.com',
      name: 'Warehouse',
      scope: { tags: ['nightly'] },
    });
    expect(`${listed.body}${changed.body}`).not.toMatch(/planted-path|whsec_/);
    expect(JSON.stringify(created)).not.toContain('planted-path');
  });

  it('gets another secret, and the one before also signs for the time that the caller wants', async () => {
    const created = await create();
    const path = `event-subscriptions/${created.id}/-replace-secret`;
    const replaced = readAnswer('replace_event_subscription_secret', await call('POST', path, {}));
    expect(replaced.signing_secret).not.toBe(created.signing_secret);
    expect(replaced.previous_secret_expires_at).not.toBeNull();
    const ended = readAnswer(
      'replace_event_subscription_secret',
      await call('POST', path, { overlap_hours: 0 }),
    );
    expect(ended.previous_secret_expires_at).toBeNull();
  });

  it('is disabled, enabled and deleted', async () => {
    const { id } = await create();
    const path = `event-subscriptions/${id}`;
    const disabled = await call('PATCH', path, { is_enabled: false });
    expect(readAnswer('update_event_subscription', disabled)).toMatchObject({ disabled_reason: 'user' });
    const enabled = await call('PATCH', path, { is_enabled: true });
    expect(readAnswer('update_event_subscription', enabled)).toMatchObject({
      is_enabled: true,
      disabled_reason: null,
    });
    expect((await call('DELETE', path)).statusCode).toBe(204);
    expect((await call('DELETE', path)).json()).toMatchObject({ code: 'not_found' });
  });

  it.each([
    ['another scheme', { url: 'ftp://example.com' }, 400, 'invalid_request'],
    ['an unknown event type', { event_types: ['pumphouse.job_run.exploded'] }, 400, 'invalid_request'],
    ['a pattern in the middle', { event_types: ['pumphouse.*.failed'] }, 400, 'invalid_request'],
    ['no event type', { event_types: [] }, 400, 'invalid_request'],
    ['a name that is taken', { name: 'WAREHOUSE' }, 409, 'event_subscription_exists'],
  ])('is rejected with %s', async (_, change, status, code) => {
    await create();
    const response = await call('POST', 'event-subscriptions', { ...wanted, name: 'Other', ...change });
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([status, code]);
    expect(response.body).not.toContain('planted-path');
  });

  it('is one of at most 50', async () => {
    for (let number = 1; number <= 50; number += 1) await create({ ...wanted, name: `Receiver ${number}` });
    const response = await call('POST', 'event-subscriptions', { ...wanted, name: 'One more' });
    expect(response.json()).toMatchObject({ code: 'event_subscription_limit_exceeded' });
  });
});

describe('a delivery', () => {
  it('is listed with its result, shown with its event, and sent again', async () => {
    // Test servers reach no address of this machine.
    const { id } = await create({ ...wanted, url: 'https://127.0.0.1:9/planted-path' });
    const test = readAnswer('test_event_subscription', await call('POST', `event-subscriptions/${id}/-test`));
    expect(test).toMatchObject({
      status: 'failed',
      reason: 'address_not_allowed',
      event_type: 'pumphouse.ping',
    });
    const detailed = readAnswer('get_event_delivery', await call('GET', `event-deliveries/${test.id}`));
    expect(detailed.event).toMatchObject({ id: test.event_id, data: { subscription_id: id } });
    const again = await call('POST', `event-deliveries/${test.id}/-redeliver`);
    expect(readAnswer('redeliver_event', again)).toMatchObject({
      event_id: test.event_id,
      resent_from: test.id,
    });
    const count = async (query: string) =>
      readAnswer('list_event_deliveries', await call('GET', `event-deliveries?${query}`)).items.length;
    expect(await count(`subscription_id=${id}`)).toBe(2);
    expect(await count(`subscription_id=${stranger}`)).toBe(0);
    expect(await count('status=delivered&status=waiting')).toBe(0);
    expect(await count('event_type=pumphouse.ping')).toBe(2);
  });
});
