import { reportDelivery } from '../deliveries/report-delivery.ts';
import type { ExitCode } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { findChannel } from './find-channel.ts';

/** Sends a test through a channel. @returns the exit code: 5 if it was not delivered */
export async function testChannel(session: Session, name: string): Promise<ExitCode> {
  const { channel, params } = await findChannel(session, name);
  const result = await session.client.call('test_alert_channel', { params });
  return reportDelivery(session, result, `The test of ${channel.name}`);
}

/** Sends a message of the log again. @returns the exit code: 5 if it was not delivered */
export async function sendAgain(session: Session, deliveryId: string): Promise<ExitCode> {
  const params = { workspace_id: await session.workspaceId(), delivery_id: deliveryId };
  const result = await session.client.call('send_alert_delivery_again', { params });
  return reportDelivery(session, result, 'The message');
}
