import type { EventFixture } from '../testing/event-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attemptsInOrder, retryDelaySeconds } from '../../domain/events/delivery-decision.ts';
import { createEventFixture } from '../testing/event-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';
import { signWebhook } from '../deliveries/webhook-signature.ts';

let fixture: ServiceFixture;
let events: EventFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  events = await createEventFixture(fixture);
});
afterEach(() => events.close());

const maxAttempts = retryDelaySeconds.length + 1;

const complete = async (jobRef = 'jobs.a') => events.context.complete(await events.context.startRun(jobRef));
const readStatuses = async () => (await events.readLog()).map(({ status }) => status);

async function getSubscription(id: string) {
  const found = await fixture.store.eventSubscriptions.get(events.context.workspaceId, id);
  if (!found) throw new Error('There is no subscription');
  return found;
}

describe('an event', () => {
  it('is sent once as a signed CloudEvent, and the log shows the answer', async () => {
    const { subscription, signingSecret } = await events.subscribe(['pumphouse.job_run.succeeded']);
    events.receiver.respondStatus(202, 'thanks');
    await complete();
    const server = events.createServer();
    await server.deliverAll();
    await server.deliverAll();
    expect(await events.readLog()).toMatchObject([
      { status: 'delivered', attempts: 1, responseCode: 202, answer: 'thanks', reason: null },
    ]);
    const [request, ...others] = events.receiver.received;
    expect(others).toEqual([]);
    expect(request?.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    const body = request?.body ?? '';
    const event = JSON.parse(body) as Record<string, unknown>;
    expect(event).toMatchObject({
      specversion: '1.0',
      source: `https://pump.example.com/w/${events.context.workspaceId}`,
      type: 'pumphouse.job_run.succeeded',
      datacontenttype: 'application/json',
      dataschema: 'https://pump.example.com/openapi.json#/components/schemas/JobRunEventData',
    });
    const id = String(request?.headers['webhook-id']);
    expect(event['id']).toBe(id);
    const timestampSeconds = Number(request?.headers['webhook-timestamp']);
    expect(request?.headers).toMatchObject(signWebhook([signingSecret], { id, timestampSeconds, body }));
    expect((await getSubscription(subscription.id)).lastDeliveredAt).not.toBeNull();
    expect(await server.readMetrics()).toContain('pumphouse_event_attempts_total{result="delivered"} 1');
  });

  it('is sent again with the same id and body after every status but a success', async () => {
    await events.subscribe(['pumphouse.job_run.succeeded']);
    await complete();
    const server = events.createServer();
    for (const [tried, status] of [500, 404, 301, 400].entries()) {
      events.receiver.respondStatus(status, 'busy');
      const triedAt = Date.now();
      await server.deliverAll();
      const log = await events.readLog();
      expect(log).toMatchObject([{ status: 'waiting', reason: `http_${status}`, answer: 'busy' }]);
      // Not immediately.
      expect(log[0]?.notBefore.getTime()).toBeGreaterThanOrEqual(triedAt + 4500);
      await events.postpone();
      await server.deliverAll();
      expect(events.receiver.received).toHaveLength(tried + 1);
      await events.hurry();
    }
    events.receiver.respondStatus(200);
    await server.deliverAll();
    expect(await events.readLog()).toMatchObject([{ status: 'delivered', attempts: 5 }]);
    const { received } = events.receiver;
    expect(received).toHaveLength(5);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
  });

  it('is sent again by another server when the first one dies before it recorded the answer', async () => {
    await events.subscribe(['pumphouse.job_run.succeeded']);
    await complete();
    fixture.setFault('after-event-sent', () => {
      throw new Error('killed');
    });
    await events.createServer().deliverAll();
    fixture.setFault('after-event-sent', () => undefined);
    await setColumns(fixture.database, 'event_deliveries', { takenUntil: new Date(0) });
    await events.createServer().deliverAll();
    expect(events.receiver.received).toHaveLength(2);
    expect(new Set(events.receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(await readStatuses()).toEqual(['delivered']);
  });

  it('is not sent to an address that is not allowed', async () => {
    await events.subscribe(['pumphouse.job_run.succeeded']);
    await complete();
    await events.createServer({ allowsLoopback: false }).deliverAll();
    expect(events.receiver.received).toEqual([]);
    expect(await events.readLog()).toMatchObject([{ status: 'failed', reason: 'address_not_allowed' }]);
  });

  it('waits as long as the receiver asks', async () => {
    const { subscription } = await events.subscribe(['pumphouse.job_run.succeeded']);
    events.receiver.respondStatus(503, '', { 'retry-after': '7200' });
    await complete();
    const server = events.createServer();
    await server.deliverAll();
    await complete('jobs.b');
    await server.deliverAll();
    expect(events.receiver.received).toHaveLength(1);
    const { pausedUntil } = await getSubscription(subscription.id);
    expect(pausedUntil?.getTime()).toBeGreaterThan(Date.now() + 7_000_000);
  });
});

describe('events of a run', () => {
  it('reach a receiver in order: later ones wait for one that is retried', async () => {
    await events.subscribe(['pumphouse.job_run.*']);
    await complete();
    const server = events.createServer();
    events.receiver.respondStatus(500);
    await server.deliverAll();
    await events.hurry();
    await server.deliverAll();
    expect(events.readReceived().map(({ type }) => type)).toEqual([
      'pumphouse.job_run.queued',
      'pumphouse.job_run.queued',
    ]);
    events.receiver.respondStatus(200);
    await events.hurry();
    await server.deliverAll();
    expect(
      events
        .readReceived()
        .slice(2)
        .map(({ type }) => type),
    ).toEqual(['pumphouse.job_run.queued', 'pumphouse.job_run.started', 'pumphouse.job_run.succeeded']);
  });

  it('pass an event that was attempted often enough, and other runs do not wait', async () => {
    await events.subscribe(['pumphouse.job_run.*']);
    const isQueued = (body: string) => body.includes('pumphouse.job_run.queued');
    events.receiver.respondWith(({ body }, response) => {
      response.writeHead(isQueued(body) ? 500 : 200).end();
    });
    await complete();
    const server = events.createServer();
    for (let attempts = 1; attempts < attemptsInOrder; attempts += 1) {
      await server.deliverAll();
      expect(await readStatuses()).toEqual(['waiting', 'waiting', 'waiting']);
      await events.hurry();
    }
    await server.deliverAll();
    expect(await readStatuses()).toEqual(['waiting', 'delivered', 'delivered']);
  });
});

describe('a subscription', () => {
  it('is disabled when the receiver answers that it is gone', async () => {
    const { subscription } = await events.subscribe(['pumphouse.job_run.succeeded']);
    await complete();
    await complete('jobs.b');
    events.receiver.respondStatus(410);
    await events.createServer().deliverAll();
    expect(await getSubscription(subscription.id)).toMatchObject({ disabledReason: 'gone' });
    const log = await events.readLog();
    expect(log.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(log.map(({ reason }) => reason)).toContain('http_410');
  });

  it('is disabled when a delivery ends after all retries and nothing was accepted meanwhile', async () => {
    const { subscription } = await events.subscribe(['pumphouse.job_run.succeeded']);
    await complete();
    const server = events.createServer();
    events.receiver.respondStatus(500);
    await server.deliverAll();
    await setColumns(fixture.database, 'event_deliveries', {
      attempts: maxAttempts - 1,
      notBefore: new Date(0),
    });
    await server.deliverAll();
    expect(await getSubscription(subscription.id)).toMatchObject({ disabledReason: 'failing' });
    expect(await readStatuses()).toEqual(['failed']);
  });

  it('stays enabled when it accepted another event meanwhile', async () => {
    const { subscription } = await events.subscribe(['pumphouse.job_run.succeeded']);
    await complete();
    const server = events.createServer();
    events.receiver.respondStatus(500);
    await server.deliverAll();
    await events.postpone();
    events.receiver.respondStatus(200);
    await complete('jobs.b');
    await server.deliverAll();
    events.receiver.respondStatus(500);
    await setColumns(
      fixture.database,
      'event_deliveries',
      { attempts: maxAttempts - 1, notBefore: new Date(0) },
      { status: 'waiting' },
    );
    await server.deliverAll();
    expect(await getSubscription(subscription.id)).toMatchObject({ disabledReason: null });
    expect((await readStatuses()).toSorted()).toEqual(['delivered', 'failed']);
  });

  it('signs with both secrets while one is replaced', async () => {
    const { subscription, signingSecret: previous } = await events.subscribe(['pumphouse.job_run.succeeded']);
    const { workspaceId } = events.context;
    const replaced = await fixture.eventSubscriptions.replaceSigningSecret(workspaceId, subscription.id, 1);
    await complete();
    await events.createServer().deliverAll();
    const [request] = events.receiver.received;
    const signed = {
      id: String(request?.headers['webhook-id']),
      timestampSeconds: Number(request?.headers['webhook-timestamp']),
      body: request?.body ?? '',
    };
    expect(request?.headers).toMatchObject(signWebhook([replaced.signingSecret, previous], signed));
  });

  it('that does not answer takes only its own slots', async () => {
    await events.subscribe(['pumphouse.job_run.*']);
    events.receiver.respondWith(() => undefined);
    for (let runs = 0; runs < 6; runs += 1) await complete();
    const server = events.createServer();
    await server.dispatchAll();
    await server.deliverEvents.deliver();
    await server.deliverEvents.deliver();
    expect((await events.readLog()).filter(({ isSending }) => isSending)).toHaveLength(4);
    await events.receiver.close();
    await server.deliverEvents.drain();
  });
});

describe('a user', () => {
  it('tests a subscription and sends an event again with the same id', async () => {
    const { subscription } = await events.subscribe(['pumphouse.job_run.succeeded']);
    const { workspaceId } = events.context;
    const server = events.createServer();
    const test = await server.eventDeliveries.test(workspaceId, subscription.id);
    expect(test).toMatchObject({ status: 'delivered', eventType: 'pumphouse.ping' });
    events.receiver.respondStatus(500);
    const again = await server.eventDeliveries.redeliver(workspaceId, test.id);
    expect(again).toMatchObject({ status: 'failed', reason: 'http_500', resentFrom: test.id });
    const [first, second] = events.readReceived();
    expect(second?.id).toBe(first?.id);
    // Nothing that a user sends counts against the subscription.
    events.receiver.respondStatus(410);
    await server.eventDeliveries.test(workspaceId, subscription.id);
    expect(await getSubscription(subscription.id)).toMatchObject({ disabledReason: null });
  });

  it('does not send an event again that still waits', async () => {
    await events.subscribe(['pumphouse.job_run.succeeded']);
    await complete();
    const server = events.createServer();
    await server.dispatchAll();
    const [waiting] = await events.readLog();
    const { workspaceId } = events.context;
    await expect(server.eventDeliveries.redeliver(workspaceId, waiting?.id ?? '')).rejects.toMatchObject({
      code: 'event_delivery_waiting',
    });
  });
});

it('old events are removed with their deliveries, except those that wait', async () => {
  await events.subscribe(['pumphouse.job_run.succeeded']);
  await complete();
  const server = events.createServer();
  await server.deliverAll();
  events.receiver.respondStatus(500);
  await complete('jobs.b');
  await server.deliverAll();
  const monthAgo = new Date(Date.now() - 31 * 86_400_000);
  await setColumns(fixture.database, 'events', { createdAt: monthAgo });
  fixture.clock.now = new Date();
  expect(await server.removeOldEvents()).toBe(false);
  expect(await readStatuses()).toEqual(['waiting']);
});
