import type { DeliveryFixture } from '../testing/delivery-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDeliveryFixture } from '../testing/delivery-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { fromNow } from '../../../../../testing/fixtures/relative-times.ts';
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

describe('a message', () => {
  it('is sent once when it is accepted, and the log shows the answer', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    deliveries.receiver.respondStatus(202, 'thanks');
    await deliveries.enqueue([channel.id]);
    await server.deliverAll();
    await server.deliverAll();
    expect(deliveries.receiver.received).toHaveLength(1);
    expect(await deliveries.readLog()).toMatchObject([
      { status: 'delivered', attempts: 1, responseCode: 202, answer: 'thanks', reason: null },
    ]);
    expect(await server.readMetrics()).toContain(
      'pumphouse_alert_attempts_total{channel="webhook",result="delivered"} 1',
    );
    expect(
      (await fixture.alertChannels.get(deliveries.context.workspaceId, channel.id)).lastDeliveredAt,
    ).not.toBeNull();
  });

  it('is tried again after temporary failures, with the same id, until it is accepted', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    await deliveries.enqueue([channel.id]);
    for (const [tried, status] of [500, 502, 429, 404].entries()) {
      deliveries.receiver.respondStatus(status, 'busy');
      const triedAt = Date.now();
      await server.deliverAll();
      const log = await deliveries.readLog();
      expect(log).toMatchObject([{ status: 'waiting', reason: `http_${status}`, answer: 'busy' }]);
      // Not immediately.
      expect(log[0]?.notBefore.getTime()).toBeGreaterThanOrEqual(triedAt + 3750);
      await deliveries.postpone();
      await server.deliverAll();
      expect(deliveries.receiver.received).toHaveLength(tried + 1);
      await deliveries.hurry();
    }
    deliveries.receiver.respondStatus(200);
    await server.deliverAll();
    expect(await deliveries.readLog()).toMatchObject([{ status: 'delivered', attempts: 5 }]);
    expect(deliveries.receiver.received).toHaveLength(5);
    expect(new Set(deliveries.receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('waits as long as the receiver asks, and so does its channel', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    deliveries.receiver.respondStatus(429, '', { 'retry-after': '600' });
    await deliveries.enqueue([channel.id]);
    await server.deliverAll();
    const [first] = await deliveries.readLog();
    expect(first?.notBefore.getTime()).toBeGreaterThan(fromNow({ seconds: 590 }).getTime());
    await deliveries.enqueue([channel.id], { incidentId: 'incident-2' });
    await server.deliverAll();
    expect(deliveries.receiver.received).toHaveLength(1);
    expect(
      (await fixture.alertChannels.get(deliveries.context.workspaceId, channel.id)).pausedUntil,
    ).not.toBeNull();
  });

  it('is given up after a day, with the reason', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    deliveries.receiver.respondStatus(500);
    await deliveries.enqueue([channel.id]);
    await server.deliverAll();
    // After ten attempts, the next one would follow in 22 minutes at the earliest.
    await setColumns(fixture.database, 'alert_deliveries', {
      attempts: 9,
      giveUpAt: fromNow({ minutes: 20 }),
    });
    await deliveries.hurry();
    await server.deliverAll();
    expect(await deliveries.readLog()).toMatchObject([
      { status: 'failed', attempts: 10, reason: 'http_500' },
    ]);
  });

  it('is not sent before its time', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    await deliveries.enqueue([channel.id], { notBefore: fromNow({ hours: 1 }) });
    await server.deliverAll();
    expect(deliveries.receiver.received).toEqual([]);
    await deliveries.hurry();
    await server.deliverAll();
    expect(deliveries.receiver.received).toHaveLength(1);
  });

  it('to an address that the server may not reach fails without a connection', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel('slack', {
      url: 'https://169.254.169.254/latest/meta-data',
    });
    await deliveries.enqueue([channel.id]);
    await server.deliverAll();
    expect(await deliveries.readLog()).toMatchObject([{ status: 'failed', reason: 'address_not_allowed' }]);
  });
});

describe('servers', () => {
  it('send each message once', async () => {
    const [one, other] = [deliveries.createServer(), deliveries.createServer()];
    await Promise.all([one.start(), other.start()]);
    const channels = [
      await deliveries.addChannel(),
      await deliveries.addChannel(),
      await deliveries.addChannel(),
    ];
    const ids = channels.map(({ channel }) => channel.id);
    for (let index = 0; index < 10; index += 1) {
      await deliveries.enqueue(ids, { incidentId: `${index}` });
      await deliveries.enqueue(ids, { incidentId: `${index}`, kind: 'reminder' });
    }
    await expect
      .poll(async () => (await deliveries.readStatuses()).every((status) => status === 'delivered'))
      .toBe(true);
    expect(deliveries.receiver.received).toHaveLength(60);
    expect(new Set(deliveries.receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(60);
  });

  it('send a message again under the same id when one of them dies before it recorded the result', async () => {
    const dying = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    await deliveries.enqueue([channel.id]);
    const reached = Promise.withResolvers<void>();
    fixture.setFault('after-alert-sent', () => {
      reached.resolve();
      return new Promise(() => undefined);
    });
    await dying.deliverAlerts.deliver();
    await reached.promise;
    fixture.setFault('after-alert-sent', () => undefined);
    const survivor = deliveries.createServer();
    await survivor.deliverAll();
    // The lease of the dead server has not ended.
    expect(deliveries.receiver.received).toHaveLength(1);
    await setColumns(fixture.database, 'alert_deliveries', { takenUntil: new Date(0) });
    await survivor.deliverAll();
    expect(deliveries.receiver.received).toHaveLength(2);
    expect(new Set(deliveries.receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await deliveries.readLog()).toMatchObject([{ status: 'delivered', attempts: 2 }]);
  });

  it('that stop leave a message without an answer to others at once', async () => {
    const stopping = deliveries.createServer({ totalMs: 60_000 });
    const { channel } = await deliveries.addChannel();
    deliveries.receiver.respondWith(() => undefined);
    await deliveries.enqueue([channel.id]);
    await stopping.deliverAlerts.deliver();
    await expect.poll(() => deliveries.receiver.received).toHaveLength(1);
    await stopping.deliverAlerts.drain();
    expect(await deliveries.readLog()).toMatchObject([
      { status: 'waiting', reason: 'server_stopped', isSending: false },
    ]);
    deliveries.receiver.respondStatus(200);
    await deliveries.createServer().deliverAll();
    expect(await deliveries.readStatuses()).toEqual(['delivered']);
  });
});
