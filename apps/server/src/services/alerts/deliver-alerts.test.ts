import type { AlertChannelKind, AlertDeliveryRecord } from '../../store/records.ts';
import type { AlertMessage } from '../../domain/alerts/alert-message.ts';
import type { AlertReceiver } from '../../../../../testing/fixtures/alert-receiver.ts';
import type { ChannelInput } from './channel-input.ts';
import type { MailServerOptions } from '../../../../../testing/fixtures/mail-server.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAddressPolicy } from '../../outbound/address-policy.ts';
import { createChannelServices } from './create-channel-services.ts';
import { createLoops } from '../../platform/loops.ts';
import { createInstruments } from '../../platform/instruments.ts';
import { createOutboundHttp } from '../../outbound/outbound-http.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createSmtpMailer } from '../../mail/smtp-mailer.ts';
import { createWorkspaceFixture } from '../testing/workspace-fixture.ts';
import { defineAlertDeliveriesLoop } from '../../scheduler/alert-deliveries-loop.ts';
import { enqueueAlert } from './enqueue-alert.ts';
import { fromNow } from '../../../../../testing/fixtures/relative-times.ts';
import { readMailText, startMailServer } from '../../../../../testing/fixtures/mail-server.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';
import { startAlertReceiver } from '../../../../../testing/fixtures/alert-receiver.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let receiver: AlertReceiver;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
  receiver = await startAlertReceiver();
  closing.push(receiver.close);
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  fixture.setFault('after-alert-sent', () => undefined);
  await fixture.database.execute('delete from alert_channels');
});

/** The channel services of one server. */
function createServer({ smtpUrl = '', pagerDutyUrl = '', totalMs = 5000 } = {}) {
  const mailer =
    smtpUrl === ''
      ? null
      : createSmtpMailer({ smtpUrl: new URL(smtpUrl), from: 'Pumphouse <pump@example.com>' });
  if (mailer) closing.push(async () => mailer.close());
  const unresolved = () => Promise.reject(new Error('no such name'));
  const instruments = createInstruments();
  const services = createChannelServices({
    ...fixture,
    instruments,
    outbound: createOutboundHttp({
      policy: createAddressPolicy({ hosts: [], networks: ['127.0.0.0/8'] }, async () => []),
      resolve: unresolved,
      resolveAllowed: unresolved,
      limits: { totalMs, bodyMs: 200 },
    }),
    mailer,
    pagerDutyUrl: pagerDutyUrl === '' ? null : pagerDutyUrl,
    serverUrl: () => 'https://pump.example.com',
  });
  return {
    ...services,
    readMetrics: () => instruments.registry.metrics(),
    /** Sends everything that is due now. */
    async deliverAll(): Promise<void> {
      while (await services.deliverAlerts.deliver())
        await new Promise((resolve) => void setImmediate(resolve));
    },
    /** Runs the loop of a server until the end of the test. */
    async start(): Promise<void> {
      const loops = createLoops({ onWake: fixture.persistence.onWake, log: fixture.log });
      closing.push(async () => {
        await loops.stop();
        await services.deliverAlerts.drain();
      });
      await loops.start(defineAlertDeliveriesLoop(services.deliverAlerts));
    },
  };
}

let names = 0;
async function addChannel(kind: AlertChannelKind = 'webhook', input: ChannelInput = { url: receiver.url }) {
  const access = await fixture.store.workspaces.findAccess(context.workspaceId, context.userId);
  const principal = {
    userId: context.userId,
    email: 'owner@example.com',
    credential: null,
    workspaceId: null,
    kind: 'user' as const,
  };
  const who = { principal, workspace: access ?? null, organization: null };
  return fixture.alertChannels.create(who, kind, { ...input, name: `Channel ${(names += 1)}` });
}

function enqueue(
  channelIds: readonly string[],
  { notBefore = null, ...changes }: Partial<AlertMessage> & { notBefore?: Date | null } = {},
) {
  const message: AlertMessage = {
    kind: 'opened',
    incidentId: 'incident-1',
    severity: 'critical',
    workspace: { id: context.workspaceId, name: 'Sales & <Marketing>' },
    title: "jobs.sales.load failed: KeyError: 'id'",
    details: ['Traceback:', '  <!channel> *load*'],
    facts: [{ label: 'Job', value: 'jobs.sales.load' }],
    links: [{ label: 'Open run', url: 'https://pump.example.com/w/1/runs/2' }],
    occurredAt: '2026-03-10T12:30:00.000Z',
    ...changes,
  };
  const { workspaceId } = context;
  return fixture.persistence.transaction((tx) =>
    enqueueAlert(tx, { workspaceId, channelIds, message, notBefore }),
  );
}

/** The log of the workspace, oldest first. */
async function readLog(): Promise<AlertDeliveryRecord[]> {
  const { rows } = await fixture.store.alertDeliveries
    .list(context.workspaceId, {})
    .read({ limit: 200, offset: 0 });
  return rows.toReversed();
}

const readStatuses = async () => (await readLog()).map(({ status }) => status);
const typesOf = (requests: AlertReceiver['received']) =>
  requests.map(({ body }) => (JSON.parse(body) as { type: string }).type);
/** Makes waiting messages due now, as if their pause was over. */
const hurry = () =>
  fixture.database.execute(
    `update alert_deliveries set not_before = now() where status = 'waiting'; update alert_channels set paused_until = null`,
  );

describe('a message', () => {
  it('is sent once when it is accepted, and the log shows the answer', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    receiver.respondStatus(202, 'thanks');
    await enqueue([channel.id]);
    await server.deliverAll();
    await server.deliverAll();
    expect(receiver.received).toHaveLength(1);
    expect(await readLog()).toMatchObject([
      { status: 'delivered', attempts: 1, responseCode: 202, answer: 'thanks', reason: null },
    ]);
    expect(await server.readMetrics()).toContain(
      'pumphouse_alert_attempts_total{channel="webhook",result="delivered"} 1',
    );
    expect((await fixture.alertChannels.get(context.workspaceId, channel.id)).lastDeliveredAt).not.toBeNull();
  });

  it('is tried again after temporary failures, with the same id, until it is accepted', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    await enqueue([channel.id]);
    for (const status of [500, 502, 429, 404]) {
      receiver.respondStatus(status, 'busy');
      await server.deliverAll();
      expect(await readLog()).toMatchObject([
        { status: 'waiting', reason: `http_${status}`, answer: 'busy' },
      ]);
      // Not immediately.
      await server.deliverAll();
      await hurry();
    }
    receiver.respondStatus(200);
    await server.deliverAll();
    expect(await readLog()).toMatchObject([{ status: 'delivered', attempts: 5 }]);
    expect(receiver.received).toHaveLength(5);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('waits as long as the receiver asks, and so does its channel', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    receiver.respondStatus(429, '', { 'retry-after': '600' });
    await enqueue([channel.id]);
    await server.deliverAll();
    const [first] = await readLog();
    expect(first?.notBefore.getTime()).toBeGreaterThan(fromNow({ seconds: 590 }).getTime());
    await enqueue([channel.id], { incidentId: 'incident-2' });
    await server.deliverAll();
    expect(receiver.received).toHaveLength(1);
    expect((await fixture.alertChannels.get(context.workspaceId, channel.id)).pausedUntil).not.toBeNull();
  });

  it('is given up after a day, with the reason', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    receiver.respondStatus(500);
    await enqueue([channel.id]);
    await server.deliverAll();
    await setColumns(fixture.database, 'alert_deliveries', { giveUpAt: fromNow({ seconds: 2 }) });
    await hurry();
    await server.deliverAll();
    expect(await readLog()).toMatchObject([{ status: 'failed', attempts: 2, reason: 'http_500' }]);
  });

  it('is not sent before its time', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    await enqueue([channel.id], { notBefore: fromNow({ hours: 1 }) });
    await server.deliverAll();
    expect(receiver.received).toEqual([]);
    await hurry();
    await server.deliverAll();
    expect(receiver.received).toHaveLength(1);
  });

  it('to an address that the server may not reach fails without a connection', async () => {
    const server = createServer();
    const { channel } = await addChannel('slack', { url: 'https://169.254.169.254/latest/meta-data' });
    await enqueue([channel.id]);
    await server.deliverAll();
    expect(await readLog()).toMatchObject([{ status: 'failed', reason: 'address_not_allowed' }]);
  });
});

describe('messages of one incident', () => {
  it('are sent in their order, although the first one is slow', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    const held = Promise.withResolvers<void>();
    receiver.respondWith(async (_request, response) => {
      await held.promise;
      response.end();
    });
    await enqueue([channel.id]);
    await server.deliverAlerts.deliver();
    await expect.poll(() => receiver.received).toHaveLength(1);
    await enqueue([channel.id], { kind: 'resolved' });
    await server.deliverAlerts.deliver();
    held.resolve();
    await server.deliverAll();
    expect(typesOf(receiver.received)).toEqual(['alert.opened', 'alert.resolved']);
  });

  it('are not sent if it was resolved before anything was sent', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    await enqueue([channel.id], { notBefore: fromNow({ hours: 1 }) });
    await enqueue([channel.id], { kind: 'reminder', notBefore: fromNow({ hours: 1 }) });
    await enqueue([channel.id], { kind: 'resolved' });
    await server.deliverAll();
    expect(receiver.received).toEqual([]);
    expect((await readLog()).map(({ reason }) => reason)).toEqual([
      'resolved_before_sent',
      'superseded',
      'resolved_before_sent',
    ]);
  });

  it('are only the last one if the first one was tried and may have arrived', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    receiver.respondStatus(500);
    await enqueue([channel.id]);
    await server.deliverAll();
    await enqueue([channel.id], { kind: 'resolved' });
    receiver.respondStatus(200);
    await server.deliverAll();
    expect(typesOf(receiver.received)).toEqual(['alert.opened', 'alert.resolved']);
    expect(await readStatuses()).toEqual(['dropped', 'delivered']);
  });

  it('do not delay those of another incident', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    receiver.respondStatus(500);
    await enqueue([channel.id]);
    await server.deliverAll();
    receiver.respondStatus(200);
    await enqueue([channel.id], { incidentId: 'incident-2' });
    await server.deliverAll();
    expect(await readStatuses()).toEqual(['waiting', 'delivered']);
  });
});

describe('a receiver that has gone', () => {
  it('is not asked any more after three rejected messages, which the audit log shows', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    receiver.respondStatus(410, 'gone');
    for (const incidentId of ['1', '2', '3', '4', '5']) await enqueue([channel.id], { incidentId });
    await server.deliverAll();
    const stored = await fixture.alertChannels.get(context.workspaceId, channel.id);
    expect(stored).toMatchObject({ disabledReason: 'rejected' });
    expect(receiver.received.length).toBeLessThanOrEqual(4);
    expect(new Set(await readStatuses())).toEqual(new Set(['failed', 'dropped']));
    const { rows } = await fixture.store.auditLog
      .list({ workspaceId: context.workspaceId }, { actions: ['alert-channel.disable'] })
      .read({ limit: 9, offset: 0 });
    expect(rows).toMatchObject([{ actorKind: 'server', targetId: channel.id }]);

    const enabled = await fixture.alertChannels.update(context.workspaceId, channel.id, { isEnabled: true });
    expect(enabled).toMatchObject({ disabledAt: null, rejections: 0 });
  });

  it('rejects a message for good only after several attempts if it may be a deploy', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    receiver.respondStatus(404);
    await enqueue([channel.id]);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await server.deliverAll();
      await hurry();
    }
    expect(await readLog()).toMatchObject([{ status: 'failed', attempts: 5, reason: 'http_404' }]);
    expect(await fixture.alertChannels.get(context.workspaceId, channel.id)).toMatchObject({
      disabledAt: null,
      rejections: 1,
    });
  });

  it.each([
    ['does not answer', 'timeout'],
    ['does not listen', 'connection_refused'],
  ])('and %s delays no other channel', async (state, reason) => {
    const server = createServer({ totalMs: 1500 });
    const silent = await startAlertReceiver();
    closing.push(silent.close);
    silent.respondWith(() => undefined);
    if (state === 'does not listen') await silent.close();
    const gone = await addChannel('webhook', { url: silent.url });
    const { channel } = await addChannel();
    for (let index = 0; index < 10; index += 1)
      await enqueue([gone.channel.id, channel.id], { incidentId: `${index}` });
    await server.start();
    const started = performance.now();
    await expect.poll(() => receiver.received.length, { interval: 20 }).toBe(10);
    // All ten arrive while the first two attempts of the other channel still wait for an answer.
    expect(performance.now() - started).toBeLessThan(1500);
    await expect.poll(async () => (await readLog()).some((each) => each.reason === reason)).toBe(true);
  });
});

describe('servers', () => {
  it('send each message once', async () => {
    const [one, other] = [createServer(), createServer()];
    await Promise.all([one.start(), other.start()]);
    const channels = [await addChannel(), await addChannel(), await addChannel()];
    const ids = channels.map(({ channel }) => channel.id);
    for (let index = 0; index < 10; index += 1) {
      await enqueue(ids, { incidentId: `${index}` });
      await enqueue(ids, { incidentId: `${index}`, kind: 'reminder' });
    }
    await expect
      .poll(async () => (await readStatuses()).every((status) => status === 'delivered'))
      .toBe(true);
    expect(receiver.received).toHaveLength(60);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(60);
  });

  it('send a message again under the same id when one of them dies before it recorded the result', async () => {
    const dying = createServer();
    const { channel } = await addChannel();
    await enqueue([channel.id]);
    const reached = Promise.withResolvers<void>();
    fixture.setFault('after-alert-sent', () => {
      reached.resolve();
      return new Promise(() => undefined);
    });
    await dying.deliverAlerts.deliver();
    await reached.promise;
    fixture.setFault('after-alert-sent', () => undefined);
    const survivor = createServer();
    await survivor.deliverAll();
    // The lease of the dead server has not ended.
    expect(receiver.received).toHaveLength(1);
    await setColumns(fixture.database, 'alert_deliveries', { takenUntil: new Date(0) });
    await survivor.deliverAll();
    expect(receiver.received).toHaveLength(2);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await readLog()).toMatchObject([{ status: 'delivered', attempts: 2 }]);
  });

  it('that stop leave a message without an answer to others at once', async () => {
    const stopping = createServer({ totalMs: 60_000 });
    const { channel } = await addChannel();
    receiver.respondWith(() => undefined);
    await enqueue([channel.id]);
    await stopping.deliverAlerts.deliver();
    await expect.poll(() => receiver.received).toHaveLength(1);
    await stopping.deliverAlerts.drain();
    expect(await readLog()).toMatchObject([
      { status: 'waiting', reason: 'server_stopped', isSending: false },
    ]);
    receiver.respondStatus(200);
    await createServer().deliverAll();
    expect(await readStatuses()).toEqual(['delivered']);
  });
});

describe('mail', () => {
  async function startMail(options?: MailServerOptions) {
    const server = await startMailServer(options);
    closing.push(server.close);
    return server;
  }
  const recipients = {
    group: null,
    userIds: [],
    addresses: ['a@example.com', 'B@example.com', 'b@example.com'],
  };

  it('goes to each recipient once, in a mail of their own', async () => {
    const mail = await startMail();
    const server = createServer({ smtpUrl: mail.url });
    const owners = { group: 'owners' as const, userIds: [], addresses: ['on-call@example.com'] };
    const { channel } = await addChannel('email', { recipients: owners });
    await enqueue([channel.id], { title: 'a failed\r\nBcc: all@example.com' });
    await server.deliverAll();
    const owner = await fixture.store.accounts.find(context.userId);
    expect(mail.received.map(({ to }) => to)).toEqual([[owner?.email], ['on-call@example.com']]);
    const [first] = mail.received;
    expect(first && readMailText(first)).toContain('https://pump.example.com/w/1/runs/2');
    expect(first?.source.split('\r\n\r\n', 1)[0]).not.toMatch(/^Bcc/im);
    expect(await readStatuses()).toEqual(['delivered']);
  });

  it('that was accepted for some recipients is tried again for the others only', async () => {
    let isBusy = true;
    const busy = { code: 451, text: 'later' };
    const mail = await startMail({
      refuse: (address) => (isBusy && address === 'b@example.com' ? busy : null),
    });
    const server = createServer({ smtpUrl: mail.url });
    const { channel } = await addChannel('email', { recipients });
    await enqueue([channel.id]);
    await server.deliverAll();
    expect(await readLog()).toMatchObject([
      { status: 'waiting', reason: 'mail_server_failed', acceptedFor: ['a@example.com'] },
    ]);
    isBusy = false;
    await hurry();
    await server.deliverAll();
    expect(mail.received.map(({ to }) => to[0])).toEqual(['a@example.com', 'b@example.com']);
    expect(await readStatuses()).toEqual(['delivered']);
  });

  it('that the mail server accepts for no recipient fails', async () => {
    const mail = await startMail({ refuse: () => ({ code: 550, text: 'no such mailbox' }) });
    const server = createServer({ smtpUrl: mail.url });
    const { channel } = await addChannel('email', { recipients });
    await enqueue([channel.id]);
    await server.deliverAll();
    expect(await readLog()).toMatchObject([{ status: 'failed', reason: 'mail_rejected' }]);
    expect((await readLog())[0]?.answer).toContain('no such mailbox');
  });

  it('is not sent without a mail server, or to members who have left', async () => {
    const mail = await startMail();
    const { channel } = await addChannel('email', {
      recipients: { group: null, userIds: ['00000000-0000-4000-8000-000000000000'], addresses: [] },
    });
    await enqueue([channel.id]);
    await createServer({ smtpUrl: mail.url }).deliverAll();
    await enqueue([channel.id], { incidentId: 'incident-2' });
    await createServer().deliverAll();
    expect((await readLog()).map(({ reason }) => reason)).toEqual(['no_recipients', 'mail_not_configured']);
  });
});

describe('PagerDuty', () => {
  it('gets events that one key joins, and a test that is resolved again', async () => {
    receiver.respondStatus(202, '{"status":"success"}');
    const server = createServer({ pagerDutyUrl: receiver.url });
    const routingKey = 'f00dfeedf00dfeedf00dfeedf00dfeed';
    const { channel } = await addChannel('pagerduty', { routingKey });
    await enqueue([channel.id]);
    await server.deliverAll();
    await enqueue([channel.id], { kind: 'resolved' });
    await server.deliverAll();
    await server.alertDeliveries.test(context.workspaceId, channel.id);
    const events = receiver.received.map(({ path, body }) => ({
      path,
      ...(JSON.parse(body) as { event_action: string; dedup_key: string; routing_key: string }),
    }));
    expect(events.map(({ event_action: action }) => action)).toEqual([
      'trigger',
      'resolve',
      'trigger',
      'resolve',
    ]);
    expect(events[0]?.dedup_key).toBe(events[1]?.dedup_key);
    expect(events[2]?.dedup_key).toBe(events[3]?.dedup_key);
    expect(events.every(({ path, routing_key: key }) => path === '/v2/enqueue' && key === routingKey)).toBe(
      true,
    );
  });
});

describe('a test, and a message that is sent again', () => {
  it('report the real result, and do not count against the channel', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    receiver.respondStatus(404, 'no_service');
    for (let count = 0; count < 4; count += 1)
      expect(await server.alertDeliveries.test(context.workspaceId, channel.id)).toMatchObject({
        status: 'failed',
        reason: 'http_404',
        responseCode: 404,
        answer: 'no_service',
      });
    expect(await fixture.alertChannels.get(context.workspaceId, channel.id)).toMatchObject({
      rejections: 0,
      disabledAt: null,
    });
    receiver.respondStatus(200);
    expect(await server.alertDeliveries.test(context.workspaceId, channel.id)).toMatchObject({
      status: 'delivered',
    });
  });

  it('is a new message', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    await enqueue([channel.id]);
    const [waiting] = await readLog();
    const id = waiting?.id ?? '';
    await expect(server.alertDeliveries.sendAgain(context.workspaceId, id)).rejects.toMatchObject({
      code: 'alert_delivery_waiting',
    });
    await server.deliverAll();
    const again = await server.alertDeliveries.sendAgain(context.workspaceId, id);
    expect(again).toMatchObject({ status: 'delivered', resentFrom: id });
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([id, again.id]);
  });

  it('is made by another server if the first one dies', async () => {
    const { channel } = await addChannel();
    fixture.setFault('after-alert-sent', () => Promise.reject(new Error('killed')));
    await expect(createServer().alertDeliveries.test(context.workspaceId, channel.id)).rejects.toThrow(
      'killed',
    );
    fixture.setFault('after-alert-sent', () => undefined);
    await setColumns(fixture.database, 'alert_deliveries', {
      takenUntil: new Date(0),
      giveUpAt: fromNow({ hours: 1 }),
    });
    await createServer().deliverAll();
    expect(await readStatuses()).toEqual(['delivered']);
  });
});

describe('secrets', () => {
  it('are neither stored nor logged in plain text, nor shown in an answer that repeats them', async () => {
    const server = createServer();
    const secret = 'T0PSECRETPATH99';
    const { channel, signingSecret } = await addChannel('webhook', {
      url: `${receiver.url}/hook/${secret}?k=s3cr3tqu3ry`,
    });
    receiver.respondWith(({ path }, response) => void response.writeHead(500).end(`Cannot POST ${path}`));
    await enqueue([channel.id]);
    await server.deliverAll();
    const tables = ['alert_channels', 'alert_deliveries', 'audit_log'];
    for (const table of tables) {
      const rows = await fixture.database.query(`select row_to_json(${table})::text as text from ${table}`);
      expect(JSON.stringify(rows)).not.toMatch(
        new RegExp(`${secret}|s3cr3tqu3ry|${signingSecret?.slice(6, 30)}`),
      );
    }
    expect((await readLog())[0]?.answer).toBe('Cannot POST ***');
  });

  it('that are replaced sign both ways until the old one expires', async () => {
    const server = createServer();
    const { channel } = await addChannel();
    await fixture.alertChannels.replaceSigningSecret(context.workspaceId, channel.id, 24);
    await server.alertDeliveries.test(context.workspaceId, channel.id);
    await setColumns(fixture.database, 'alert_channels', { previousSecretExpiresAt: new Date(0) });
    await server.alertDeliveries.test(context.workspaceId, channel.id);
    const counts = receiver.received.map(
      ({ headers }) => String(headers['webhook-signature']).split(' ').length,
    );
    expect(counts).toEqual([2, 1]);
  });
});
