import type { EventDeliveryRecord } from '../../store/records.ts';
import type { ServiceFixture } from './service-fixture.ts';
import { createAddressPolicy } from '../../outbound/address-policy.ts';
import { createEventServices } from '../events/create-event-services.ts';
import { createInstruments } from '../../platform/instruments.ts';
import { createOutboundHttp } from '../../outbound/outbound-http.ts';
import { createWorkspaceFixture, defineJob } from './workspace-fixture.ts';
import { startAlertReceiver } from '../../../../../testing/fixtures/alert-receiver.ts';
import { wholeWorkspace } from '../../domain/alerts/rule-scope.ts';

export type EventFixture = Awaited<ReturnType<typeof createEventFixture>>;

/** A CloudEvent as a receiver reads it. */
export interface ReceivedEvent {
  id: string;
  type: string;
  subject: string;
  sequence: string;
  data: Record<string, unknown>;
}

let names = 0;

/** Creates a workspace with the jobs `jobs.a` and `jobs.b`, a receiver, and the event services of servers. */
export async function createEventFixture(fixture: ServiceFixture) {
  const context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a', { expose: { tags: ['nightly'] } }), defineJob('jobs.b')]);
  const receiver = await startAlertReceiver();
  const { workspaceId } = context;

  /** The event services of one server. */
  function createServer({ allowsLoopback = true, now = fixture.now } = {}) {
    const unresolved = () => Promise.reject(new Error('no such name'));
    const instruments = createInstruments();
    const services = createEventServices({
      ...fixture,
      clock: async () => fixture.clock.now,
      now,
      instruments,
      serializers: fixture.eventSerializers,
      serverUrl: () => 'https://pump.example.com',
      outbound: createOutboundHttp({
        policy: createAddressPolicy(
          () => ({ hosts: [], networks: allowsLoopback ? ['127.0.0.0/8'] : [] }),
          async () => [],
        ),
        resolve: unresolved,
        resolveAllowed: unresolved,
        limits: { totalMs: 60_000, bodyMs: 200 },
      }),
    });
    return {
      ...services,
      readMetrics: () => instruments.registry.metrics(),
      async dispatchAll(): Promise<void> {
        while (await services.dispatchEvents());
      },
      /** Dispatches all events, and sends everything that is due now. */
      async deliverAll(): Promise<void> {
        while (await services.dispatchEvents());
        const deliver = () => services.deliverEvents.deliver();
        // The second time, because an event that was sent during a claim makes another one due.
        while ((await deliver()) || (await deliver()))
          await new Promise((resolve) => void setImmediate(resolve));
      },
    };
  }

  return {
    context,
    receiver,
    createServer,

    /** The events that the receiver got, in order. */
    readReceived: () => receiver.received.map(({ body }) => JSON.parse(body) as ReceivedEvent),

    /** The log of the workspace, oldest first. */
    async readLog(): Promise<EventDeliveryRecord[]> {
      const list = fixture.store.eventDeliveries.list(workspaceId, {});
      return (await list.read({ limit: 1000, offset: 0 })).rows.toReversed();
    },

    async subscribe(
      eventTypes: string[] = ['*'],
      { scope = wholeWorkspace, url = receiver.url }: { scope?: typeof wholeWorkspace; url?: string } = {},
    ) {
      const access = await fixture.store.workspaces.findAccess(workspaceId, context.userId);
      const principal = {
        userId: context.userId,
        email: 'owner@example.com',
        credential: null,
        workspaceId: null,
        kind: 'user' as const,
      };
      const name = `Receiver ${(names += 1)}`;
      const caller = { principal, workspace: access ?? null, organization: null };
      const input = { name, description: null, url, eventTypes, scope };
      return fixture.eventSubscriptions.create(caller, input);
    },

    /** Makes waiting deliveries due now, as if their pause was over. */
    hurry: () =>
      fixture.database.execute(
        `update event_deliveries set not_before = now() where status = 'waiting'; update event_subscriptions set paused_until = null`,
      ),

    /** Makes waiting deliveries due later than any test takes. */
    postpone: () =>
      fixture.database.execute(
        `update event_deliveries set not_before = now() + interval '1 hour' where status = 'waiting'`,
      ),

    async close(): Promise<void> {
      await receiver.close();
      fixture.setFault('after-event-sent', () => undefined);
      await fixture.database.execute('delete from event_subscriptions; delete from events');
    },
  };
}
