import type { MailServerOptions } from '../../../../../testing/fixtures/mail-server.ts';
import type { DeliveryFixture } from '../testing/delivery-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDeliveryFixture } from '../testing/delivery-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { readMailText, startMailServer } from '../../../../../testing/fixtures/mail-server.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let fixture: ServiceFixture;
let deliveries: DeliveryFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  deliveries = await createDeliveryFixture(fixture);
});
afterEach(() => deliveries.close());

describe('mail', () => {
  async function startMail(options?: MailServerOptions) {
    const server = await startMailServer(options);
    deliveries.closing.push(server.close);
    return server;
  }
  const recipients = {
    group: null,
    userIds: [],
    addresses: ['a@example.com', 'B@example.com', 'b@example.com'],
  };

  it('goes to each recipient once, in a mail of their own', async () => {
    const mail = await startMail();
    const server = deliveries.createServer({ smtpUrl: mail.url });
    const owners = { group: 'owners' as const, userIds: [], addresses: ['on-call@example.com'] };
    const { channel } = await deliveries.addChannel('email', { recipients: owners });
    await deliveries.enqueue([channel.id], { title: 'a failed\r\nBcc: all@example.com' });
    await server.deliverAll();
    const owner = await fixture.store.accounts.find(deliveries.context.userId);
    expect(mail.received.map(({ to }) => to)).toEqual([[owner?.email], ['on-call@example.com']]);
    const [first] = mail.received;
    expect(first && readMailText(first)).toContain('https://pump.example.com/w/1/runs/2');
    expect(first?.source.split('\r\n\r\n', 1)[0]).not.toMatch(/^Bcc/im);
    expect(await deliveries.readStatuses()).toEqual(['delivered']);
  });

  it('that was accepted for some recipients is tried again for the others only', async () => {
    let isBusy = true;
    const busy = { code: 451, text: 'later' };
    const mail = await startMail({
      refuse: (address) => (isBusy && address === 'b@example.com' ? busy : null),
    });
    const server = deliveries.createServer({ smtpUrl: mail.url });
    const { channel } = await deliveries.addChannel('email', { recipients });
    await deliveries.enqueue([channel.id]);
    await server.deliverAll();
    expect(await deliveries.readLog()).toMatchObject([
      { status: 'waiting', reason: 'mail_server_failed', acceptedFor: ['a@example.com'] },
    ]);
    isBusy = false;
    await deliveries.hurry();
    await server.deliverAll();
    expect(mail.received.map(({ to }) => to[0])).toEqual(['a@example.com', 'b@example.com']);
    expect(await deliveries.readStatuses()).toEqual(['delivered']);
  });

  it('that the mail server accepts for no recipient fails', async () => {
    const mail = await startMail({ refuse: () => ({ code: 550, text: 'no such mailbox' }) });
    const server = deliveries.createServer({ smtpUrl: mail.url });
    const { channel } = await deliveries.addChannel('email', { recipients });
    await deliveries.enqueue([channel.id]);
    await server.deliverAll();
    expect(await deliveries.readLog()).toMatchObject([{ status: 'failed', reason: 'mail_rejected' }]);
    expect((await deliveries.readLog())[0]?.answer).toContain('no such mailbox');
  });

  it('is not sent without a mail server, or to members who have left', async () => {
    const mail = await startMail();
    const { userId } = deliveries.context;
    const { channel } = await deliveries.addChannel('email', {
      recipients: { group: null, userIds: [userId], addresses: [] },
    });
    await fixture.store.members.remove(deliveries.context.membershipId);
    await deliveries.enqueue([channel.id]);
    await deliveries.createServer({ smtpUrl: mail.url }).deliverAll();
    await deliveries.enqueue([channel.id], { incidentId: 'incident-2' });
    await deliveries.createServer().deliverAll();
    expect((await deliveries.readLog()).map(({ reason }) => reason)).toEqual([
      'no_recipients',
      'mail_not_configured',
    ]);
  });
});

describe('PagerDuty', () => {
  it('gets events that one key joins, and a test that is resolved again', async () => {
    deliveries.receiver.respondStatus(202, '{"status":"success"}');
    const server = deliveries.createServer({ pagerDutyUrl: deliveries.receiver.url });
    const routingKey = 'f00dfeedf00dfeedf00dfeedf00dfeed';
    const { channel } = await deliveries.addChannel('pagerduty', { routingKey });
    await deliveries.enqueue([channel.id]);
    await server.deliverAll();
    await deliveries.enqueue([channel.id], { kind: 'acknowledged' });
    await server.deliverAll();
    await deliveries.enqueue([channel.id], { kind: 'resolved' });
    await server.deliverAll();
    await server.alertDeliveries.test(deliveries.context.workspaceId, channel.id);
    const events = deliveries.receiver.received.map(({ path, body }) => ({
      path,
      ...(JSON.parse(body) as { event_action: string; dedup_key: string; routing_key: string }),
    }));
    expect(events.map(({ event_action: action }) => action)).toEqual([
      'trigger',
      'acknowledge',
      'resolve',
      'trigger',
      'resolve',
    ]);
    const [opened, acknowledged, resolved, test, testEnd] = events.map(({ dedup_key: key }) => key);
    expect([acknowledged, resolved]).toEqual([opened, opened]);
    expect(testEnd).toBe(test);
    expect(events.every(({ path, routing_key: key }) => path === '/v2/enqueue' && key === routingKey)).toBe(
      true,
    );
  });
});

describe('secrets', () => {
  it('are neither stored nor logged in plain text, nor shown in an answer that repeats them', async () => {
    const server = deliveries.createServer();
    const secret = 'T0PSECRETPATH99';
    const { channel, signingSecret } = await deliveries.addChannel('webhook', {
      url: `${deliveries.receiver.url}/hook/${secret}?k=s3cr3tqu3ry`,
    });
    const signingKey = signingSecret?.slice('whsec_'.length) ?? '';
    expect(signingKey).toHaveLength(44);
    deliveries.receiver.respondWith(
      ({ path }, response) => void response.writeHead(500).end(`Cannot POST ${path}`),
    );
    await deliveries.enqueue([channel.id]);
    await server.deliverAll();
    const tables = ['alert_channels', 'alert_deliveries', 'audit_log'];
    for (const table of tables) {
      const rows = await fixture.database.query(`select row_to_json(${table})::text as text from ${table}`);
      for (const hidden of [secret, 's3cr3tqu3ry', signingKey])
        expect(JSON.stringify(rows)).not.toContain(hidden);
    }
    expect((await deliveries.readLog())[0]?.answer).toBe('Cannot POST ***');
  });

  it('that are replaced sign both ways until the old one expires', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    await fixture.alertChannels.replaceSigningSecret(deliveries.context.workspaceId, channel.id, 24);
    await server.alertDeliveries.test(deliveries.context.workspaceId, channel.id);
    await setColumns(fixture.database, 'alert_channels', { previousSecretExpiresAt: new Date(0) });
    await server.alertDeliveries.test(deliveries.context.workspaceId, channel.id);
    const counts = deliveries.receiver.received.map(
      ({ headers }) => String(headers['webhook-signature']).split(' ').length,
    );
    expect(counts).toEqual([2, 1]);
  });
});
