import type { AlertReceiver } from '../../../../../testing/fixtures/alert-receiver.ts';
import type { ApiFixture } from '../testing/api-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { startAlertReceiver } from '../../../../../testing/fixtures/alert-receiver.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
let receiver: AlertReceiver;

const stranger = '00000000-0000-4000-8000-000000000000';

beforeAll(async () => {
  api = await createApiFixture();
  receiver = await startAlertReceiver();
});
afterAll(async () => {
  await api.close();
  await receiver.close();
});
beforeEach(async () => {
  context = await api.createWorkspaceFixture();
});

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

function call(
  method: Method,
  path: string,
  payload?: object,
  { key, workspaceId } = { key: context.owner.key, workspaceId: context.workspace.id },
) {
  return api.app.inject({
    method,
    url: `/pumphouse/v1/workspaces/${workspaceId}/${path}`,
    headers: { authorization: `Bearer ${key}` },
    ...(payload && { payload }),
  });
}

const secretUrl = 'https://hooks.example.com/services/T000/B000/planted-path';
const slack = { name: 'Chat', kind: 'slack', url: secretUrl };

const create = async (payload: object = slack) =>
  readAnswer('create_alert_channel', await call('POST', 'alert-channels', payload));

describe('a channel', () => {
  it('shows the host of its address, and nothing else of it', async () => {
    const created = await create();
    expect(created).toMatchObject({ host: 'hooks.example.com', signing_secret: null, is_enabled: true });
    const listed = await call('GET', 'alert-channels');
    expect(readAnswer('list_alert_channels', listed).channels).toMatchObject([{ id: created.id }]);
    const changed = await call('PATCH', `alert-channels/${created.id}`, {
      url: 'https://other.example.com/planted-path-2',
    });
    expect(readAnswer('update_alert_channel', changed)).toMatchObject({
      host: 'other.example.com',
      name: 'Chat',
    });
    expect(`${listed.body}${changed.body}${JSON.stringify(created)}`).not.toContain('planted-path');
  });

  it('for webhooks shows a signing secret once, which can be replaced', async () => {
    const created = await create({ ...slack, kind: 'webhook' });
    expect(created.signing_secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await call('GET', 'alert-channels')).body).not.toContain('whsec_');
    const path = `alert-channels/${created.id}/-replace-secret`;
    const replaced = readAnswer('replace_alert_channel_secret', await call('POST', path, {}));
    expect(replaced.signing_secret).not.toBe(created.signing_secret);
    expect(replaced.previous_secret_expires_at).not.toBeNull();
    const ended = readAnswer('replace_alert_channel_secret', await call('POST', path, { overlap_hours: 0 }));
    expect(ended.previous_secret_expires_at).toBeNull();
    const other = await create({ ...slack, name: 'Other' });
    expect((await call('POST', `alert-channels/${other.id}/-replace-secret`, {})).statusCode).toBe(400);
  });

  it('can be switched off and on, and deleted with its log', async () => {
    const { id } = await create();
    const off = await call('PATCH', `alert-channels/${id}`, { is_enabled: false });
    expect(readAnswer('update_alert_channel', off)).toMatchObject({
      is_enabled: false,
      disabled_reason: 'user',
      host: 'hooks.example.com',
    });
    const on = await call('PATCH', `alert-channels/${id}`, { is_enabled: true });
    expect(readAnswer('update_alert_channel', on)).toMatchObject({ is_enabled: true, disabled_reason: null });
    expect((await call('DELETE', `alert-channels/${id}`)).statusCode).toBe(204);
    expect((await call('DELETE', `alert-channels/${id}`)).statusCode).toBe(404);
  });

  it('has a name that no other channel of the workspace has', async () => {
    const { id } = await create();
    const again = await call('POST', 'alert-channels', { ...slack, name: 'chat' });
    expect(again.json()).toMatchObject({ code: 'alert_channel_exists' });
    await create({ ...slack, name: 'Other' });
    const renamed = await call('PATCH', `alert-channels/${id}`, { name: 'OTHER' });
    expect(renamed.json()).toMatchObject({ code: 'alert_channel_exists' });
    expect((await call('PATCH', `alert-channels/${id}`, { name: 'CHAT' })).statusCode).toBe(200);
  });

  it('cannot be one of too many', async () => {
    for (let index = 0; index < 50; index += 1) await create({ ...slack, name: `Chat ${index}` });
    const more = await call('POST', 'alert-channels', slack);
    expect(more.json()).toMatchObject({ code: 'alert_channel_limit_exceeded' });
  });

  it.each([
    [{ ...slack, url: undefined }, 'url is required'],
    [{ ...slack, url: 'ftp://example.com/planted-path' }, 'url must begin with https://'],
    [{ ...slack, url: 'https://me:planted-path@example.com/' }, 'url must not contain a user name'],
    [{ ...slack, url: 'planted-path' }, 'url must be a URL'],
    [{ ...slack, routing_key: 'f'.repeat(32) }, 'routing_key is not a property'],
    [{ name: 'Pager', kind: 'pagerduty' }, 'routing_key is required'],
    [{ name: 'Mail', kind: 'email', recipients: {} }, 'recipients must name'],
    [{ name: 'Mail', kind: 'email' }, 'recipients is required'],
    [{ name: 'Mail', kind: 'email', recipients: { user_ids: [stranger] } }, 'not a member of the workspace'],
  ])('with settings that do not fit is rejected without quoting them: %j', async (payload, message) => {
    const response = await call('POST', 'alert-channels', payload);
    expect(response.json()).toMatchObject({ code: 'invalid_request' });
    expect(response.json<{ detail: string }>().detail).toContain(message);
    expect(response.body).not.toContain('planted-path');
  });

  it.each([
    { name: 'Mail', kind: 'email', recipients: { addresses: ['a@example.com\r\nBcc: b@example.com'] } },
    { name: 'Mail', kind: 'email', recipients: { addresses: ['a@example.com, b@example.com'] } },
    { name: 'Pager', kind: 'pagerduty', routing_key: 'planted-path' },
    { name: 'Two\nlines', kind: 'slack', url: secretUrl },
    { name: ' ', kind: 'slack', url: secretUrl },
    { name: 'Chat', kind: 'sms', url: secretUrl },
  ])('is rejected by its schema: %j', async (payload) => {
    const response = await call('POST', 'alert-channels', payload);
    expect(response.statusCode).toBe(400);
    expect(response.body).not.toContain('planted-path');
  });
});

describe('other callers', () => {
  it('see no channel of this workspace through another one', async () => {
    const { id } = await create();
    const other = await api.createWorkspaceFixture();
    const there = { key: other.owner.key, workspaceId: other.workspace.id };
    const sent = readAnswer('test_alert_channel', await call('POST', `alert-channels/${id}/-test`));
    for (const [method, path, payload] of [
      ['PATCH', `alert-channels/${id}`, { name: 'Mine' }],
      ['DELETE', `alert-channels/${id}`, undefined],
      ['POST', `alert-channels/${id}/-replace-secret`, {}],
      ['POST', `alert-channels/${id}/-test`, undefined],
      ['POST', `alert-deliveries/${sent.id}/-send-again`, undefined],
    ] as const) {
      expect((await call(method, path, payload, there)).statusCode).toBe(404);
      expect(
        (await call(method, path, payload, { ...there, workspaceId: context.workspace.id })).statusCode,
      ).toBe(404);
    }
    const log = readAnswer(
      'list_alert_deliveries',
      await call('GET', `alert-deliveries?channel_id=${id}`, undefined, there),
    );
    expect(log.items).toEqual([]);
  });

  it('with the role developer test channels, and do not change them; viewers do not read them', async () => {
    const { id } = await create();
    const { organization, workspace } = context;
    const as = async (role: 'developer' | 'viewer') => {
      const { key } = await api.createCaller(
        { id: organization.id, role: 'collaborator' },
        { id: workspace.id, role },
      );
      return { key, workspaceId: workspace.id };
    };
    const [developer, viewer] = [await as('developer'), await as('viewer')];
    expect((await call('GET', 'alert-channels', undefined, developer)).statusCode).toBe(200);
    expect((await call('POST', `alert-channels/${id}/-test`, undefined, developer)).statusCode).toBe(200);
    expect((await call('PATCH', `alert-channels/${id}`, { name: 'X' }, developer)).statusCode).toBe(403);
    expect((await call('POST', 'alert-channels', slack, developer)).statusCode).toBe(403);
    expect((await call('GET', 'alert-channels', undefined, viewer)).statusCode).toBe(403);
    expect((await call('GET', 'alert-deliveries', undefined, viewer)).statusCode).toBe(403);
    expect((await call('POST', `alert-channels/${id}/-test`, undefined, viewer)).statusCode).toBe(403);
  });

  it('cannot change channels of an archived workspace', async () => {
    const { id } = await create();
    await api.services.workspaces.archive(context.workspace.id);
    expect((await call('GET', 'alert-channels')).statusCode).toBe(200);
    for (const [method, path, payload] of [
      ['PATCH', `alert-channels/${id}`, { name: 'X' }],
      ['DELETE', `alert-channels/${id}`, undefined],
      ['POST', `alert-channels/${id}/-test`, undefined],
    ] as const)
      expect((await call(method, path, payload)).json()).toMatchObject({ code: 'workspace_archived' });
  });
});

describe('the delivery log', () => {
  it('contains the result of a test, is paged, and can be filtered', async () => {
    // Loopback is not an address that alerts may reach.
    const { id } = await create({ ...slack, url: receiver.url });
    const sent = readAnswer('test_alert_channel', await call('POST', `alert-channels/${id}/-test`));
    expect(sent).toMatchObject({
      status: 'failed',
      reason: 'address_not_allowed',
      attempts: 1,
      kind: 'test',
    });
    expect(receiver.connections()).toBe(0);
    const again = readAnswer(
      'send_alert_delivery_again',
      await call('POST', `alert-deliveries/${sent.id}/-send-again`),
    );
    expect(again).toMatchObject({ resent_from: sent.id, status: 'failed' });

    const first = readAnswer('list_alert_deliveries', await call('GET', 'alert-deliveries?limit=1'));
    expect(first).toMatchObject({ items: [{ id: again.id }], total: 2 });
    const next = `alert-deliveries?limit=1&cursor=${encodeURIComponent(first.next_cursor ?? '')}`;
    expect(readAnswer('list_alert_deliveries', await call('GET', next)).items).toMatchObject([
      { id: sent.id },
    ]);
    const oldest = await call('GET', 'alert-deliveries?sort=created_at&order=asc&limit=1');
    expect(readAnswer('list_alert_deliveries', oldest).items).toMatchObject([{ id: sent.id }]);
    const delivered = await call('GET', 'alert-deliveries?status=delivered');
    expect(readAnswer('list_alert_deliveries', delivered).items).toEqual([]);
  });
});
