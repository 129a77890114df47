import type { AlertChannelKind, AlertDeliveryRecord } from '../../store/records.ts';
import type { AlertMessage } from '../../domain/alerts/alert-message.ts';
import type { AlertReceiver } from '../../../../../testing/fixtures/alert-receiver.ts';
import type { ChannelInput } from '../alerts/channel-input.ts';
import type { ServiceFixture } from './service-fixture.ts';
import { createAddressPolicy } from '../../outbound/address-policy.ts';
import { createChannelServices } from '../alerts/create-channel-services.ts';
import { createInstruments } from '../../platform/instruments.ts';
import { createLoops } from '../../platform/loops.ts';
import { createOutboundHttp } from '../../outbound/outbound-http.ts';
import { createSmtpMailer } from '../../mail/smtp-mailer.ts';
import { createWorkspaceFixture } from './workspace-fixture.ts';
import { defineAlertDeliveriesLoop } from '../../scheduler/alert-deliveries-loop.ts';
import { enqueueAlert } from '../alerts/enqueue-alert.ts';
import { startAlertReceiver } from '../../../../../testing/fixtures/alert-receiver.ts';

export type DeliveryFixture = Awaited<ReturnType<typeof createDeliveryFixture>>;

let names = 0;

/** Creates a workspace and a receiver, and functions that write messages and send them as servers do. */
export async function createDeliveryFixture(fixture: ServiceFixture) {
  const context = await createWorkspaceFixture(fixture);
  const receiver = await startAlertReceiver();
  const closing: (() => Promise<void>)[] = [receiver.close];

  /** The channel services of one server. */
  function createServer({ smtpUrl = '', pagerDutyUrl = '', totalMs = 60_000 } = {}) {
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
        policy: createAddressPolicy(
          () => ({ hosts: [], networks: ['127.0.0.0/8'] }),
          async () => [],
        ),
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
        const deliver = () => services.deliverAlerts.deliver();
        // The second time, because a message that was sent during a claim makes another one due.
        while ((await deliver()) || (await deliver()))
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

  /** The log of the workspace, oldest first. */
  async function readLog(): Promise<AlertDeliveryRecord[]> {
    const { rows } = await fixture.store.alertDeliveries
      .list(context.workspaceId, {})
      .read({ limit: 1000, offset: 0 });
    return rows.toReversed();
  }

  return {
    context,
    receiver,
    closing,
    createServer,
    readLog,
    readStatuses: async () => (await readLog()).map(({ status }) => status),

    async addChannel(kind: AlertChannelKind = 'webhook', input: ChannelInput = { url: receiver.url }) {
      const access = await fixture.store.workspaces.findAccess(context.workspaceId, context.userId);
      const principal = {
        userId: context.userId,
        email: 'owner@example.com',
        credential: null,
        workspaceId: null,
        kind: 'user' as const,
      };
      const caller = { principal, workspace: access ?? null, organization: null };
      return fixture.alertChannels.create(caller, kind, { ...input, name: `Channel ${(names += 1)}` });
    },

    enqueue(
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
        enqueueAlert(tx, { workspaceId, channelIds, channelKinds: null, message, notBefore }),
      );
    },

    /** Makes waiting messages due now, as if their pause was over. */
    hurry: () =>
      fixture.database.execute(
        `update alert_deliveries set not_before = now() where status = 'waiting'; update alert_channels set paused_until = null`,
      ),

    /** Makes waiting messages due later than any test takes. */
    postpone: () =>
      fixture.database.execute(
        `update alert_deliveries set not_before = now() + interval '1 hour' where status = 'waiting'`,
      ),

    async close(): Promise<void> {
      for (const close of closing.splice(0).toReversed()) await close();
      fixture.setFault('after-alert-sent', () => undefined);
      await fixture.database.execute('delete from alert_channels');
    },
  };
}

/** The types of messages to a webhook, in their order. */
export function readTypes(requests: AlertReceiver['received']): string[] {
  return requests.map(({ body }) => (JSON.parse(body) as { type: string }).type);
}
