import type { DeliveryFixture } from '../testing/delivery-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDeliveryFixture, readTypes } from '../testing/delivery-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { fromNow } from '../../../../../testing/fixtures/relative-times.ts';
import { startAlertReceiver } from '../../../../../testing/fixtures/alert-receiver.ts';

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

describe('messages of one incident', () => {
  it('are sent in their order, although the first one is slow', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    const held = Promise.withResolvers<void>();
    deliveries.receiver.respondWith(async (_request, response) => {
      await held.promise;
      response.end();
    });
    await deliveries.enqueue([channel.id]);
    await server.deliverAlerts.deliver();
    await expect.poll(() => deliveries.receiver.received).toHaveLength(1);
    await deliveries.enqueue([channel.id], { kind: 'resolved' });
    await server.deliverAlerts.deliver();
    held.resolve();
    await server.deliverAll();
    expect(readTypes(deliveries.receiver.received)).toEqual(['alert.opened', 'alert.resolved']);
  });

  it('are not sent if it was resolved before anything was sent', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    await deliveries.enqueue([channel.id], { notBefore: fromNow({ hours: 1 }) });
    await deliveries.enqueue([channel.id], { kind: 'reminder', notBefore: fromNow({ hours: 1 }) });
    await deliveries.enqueue([channel.id], { kind: 'resolved' });
    await server.deliverAll();
    expect(deliveries.receiver.received).toEqual([]);
    expect((await deliveries.readLog()).map(({ reason }) => reason)).toEqual([
      'resolved_before_sent',
      'superseded',
      'resolved_before_sent',
    ]);
  });

  it('are only the last one if the first one was tried and may have arrived', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    deliveries.receiver.respondStatus(500);
    await deliveries.enqueue([channel.id]);
    await server.deliverAll();
    await deliveries.postpone();
    await deliveries.enqueue([channel.id], { kind: 'resolved' });
    deliveries.receiver.respondStatus(200);
    await server.deliverAll();
    expect(readTypes(deliveries.receiver.received)).toEqual(['alert.opened', 'alert.resolved']);
    expect(await deliveries.readStatuses()).toEqual(['dropped', 'delivered']);
  });

  it('are the last reminder only after a long outage of the receiver', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    await deliveries.enqueue([channel.id]);
    await server.deliverAll();
    deliveries.receiver.respondStatus(503);
    for (let count = 0; count < 20; count += 1) {
      await deliveries.enqueue([channel.id], { kind: 'reminder', title: `Reminder ${count}` });
      await server.deliverAll();
    }
    const before = deliveries.receiver.received.length;
    deliveries.receiver.respondStatus(200);
    await deliveries.hurry();
    await server.deliverAll();
    const sent = deliveries.receiver.received.slice(before).map(({ body }) => body);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toContain('Reminder 19');
  });

  it('do not delay those of another incident', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    deliveries.receiver.respondStatus(500);
    await deliveries.enqueue([channel.id]);
    await server.deliverAll();
    await deliveries.postpone();
    deliveries.receiver.respondStatus(200);
    await deliveries.enqueue([channel.id], { incidentId: 'incident-2' });
    await server.deliverAll();
    expect(await deliveries.readStatuses()).toEqual(['waiting', 'delivered']);
  });
});

describe('a receiver that never answers', () => {
  it('takes two slots, while 200 messages to it wait and other channels get theirs', async () => {
    const server = deliveries.createServer({ totalMs: 60_000 });
    const silent = await startAlertReceiver();
    deliveries.closing.push(silent.close);
    silent.respondWith(() => undefined);
    const gone = await deliveries.addChannel('webhook', { url: silent.url });
    const { channel } = await deliveries.addChannel();
    for (let index = 0; index < 200; index += 1)
      await deliveries.enqueue([gone.channel.id, channel.id], { incidentId: `${index}` });
    await server.start();
    await expect.poll(() => deliveries.receiver.received.length).toBe(200);
    expect(silent.received.length).toBeLessThanOrEqual(2);
    const waiting = (await deliveries.readLog()).filter(({ channelId }) => channelId === gone.channel.id);
    expect(waiting).toHaveLength(200);
    expect(waiting.every(({ status }) => status === 'waiting')).toBe(true);
  });
});

describe('a receiver that has gone', () => {
  it('is not asked any more after three rejected messages, which the audit log shows', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    deliveries.receiver.respondStatus(410, 'gone');
    for (const incidentId of ['1', '2', '3', '4', '5'])
      await deliveries.enqueue([channel.id], { incidentId });
    await server.deliverAll();
    const stored = await fixture.alertChannels.get(deliveries.context.workspaceId, channel.id);
    expect(stored).toMatchObject({ disabledReason: 'rejected' });
    expect(deliveries.receiver.received.length).toBeLessThanOrEqual(4);
    expect(new Set(await deliveries.readStatuses())).toEqual(new Set(['failed', 'dropped']));
    const { rows } = await fixture.store.auditLog
      .list({ workspaceId: deliveries.context.workspaceId }, { actions: ['alert-channel.disable'] })
      .read({ limit: 9, offset: 0 });
    expect(rows).toMatchObject([{ actorKind: 'server', targetId: channel.id }]);

    const enabled = await fixture.alertChannels.update(deliveries.context.workspaceId, channel.id, {
      isEnabled: true,
    });
    expect(enabled).toMatchObject({ disabledAt: null, rejections: 0 });
  });

  it('rejects a message for good only after several attempts if it may be a deploy', async () => {
    const server = deliveries.createServer();
    const { channel } = await deliveries.addChannel();
    deliveries.receiver.respondStatus(404);
    await deliveries.enqueue([channel.id]);
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await server.deliverAll();
      await deliveries.hurry();
    }
    expect(await deliveries.readLog()).toMatchObject([{ status: 'failed', attempts: 5, reason: 'http_404' }]);
    expect(await fixture.alertChannels.get(deliveries.context.workspaceId, channel.id)).toMatchObject({
      disabledAt: null,
      rejections: 1,
    });
  });

  it.each([
    ['does not answer', 'connection_failed'],
    ['does not listen', 'connection_refused'],
  ])('and %s delays no other channel', async (state, reason) => {
    const server = deliveries.createServer({ totalMs: 60_000 });
    const silent = await startAlertReceiver();
    deliveries.closing.push(silent.close);
    silent.respondWith(() => undefined);
    if (state === 'does not listen') await silent.close();
    const gone = await deliveries.addChannel('webhook', { url: silent.url });
    const { channel } = await deliveries.addChannel();
    for (let index = 0; index < 10; index += 1)
      await deliveries.enqueue([gone.channel.id, channel.id], { incidentId: `${index}` });
    await server.start();
    await expect.poll(() => deliveries.receiver.received.length, { interval: 20 }).toBe(10);
    if (state === 'does not answer') {
      // The first attempts of the other channel still wait for an answer.
      const reasons = (await deliveries.readLog()).map((each) => each.reason);
      expect(reasons.filter((each) => each !== null)).toEqual([]);
      await silent.close();
    }
    await expect
      .poll(async () => (await deliveries.readLog()).some((each) => each.reason === reason))
      .toBe(true);
  });
});
