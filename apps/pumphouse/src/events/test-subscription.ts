import { reportDelivery } from '../deliveries/report-delivery.ts';
import type { ExitCode } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { findSubscription } from './find-subscription.ts';

/** Sends a test event to a subscription. @returns the exit code: 5 if it was not delivered */
export async function testSubscription(session: Session, name: string): Promise<ExitCode> {
  const { subscription, params } = await findSubscription(session, name);
  const result = await session.client.call('test_event_subscription', { params });
  return reportDelivery(session, result, `The test of ${subscription.name}`);
}

/** Sends an event of the log again. @returns the exit code: 5 if it was not delivered */
export async function redeliver(session: Session, deliveryId: string): Promise<ExitCode> {
  const params = { workspace_id: await session.workspaceId(), event_delivery_id: deliveryId };
  const result = await session.client.call('redeliver_event', { params });
  return reportDelivery(session, result, 'The event');
}
