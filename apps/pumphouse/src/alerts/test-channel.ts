import type { AlertDeliveryResponse } from '@pumphouse/contract';
import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { findChannel } from './find-channel.ts';

/** Sends a test through a channel. @returns the exit code: 5 if it was not delivered */
export async function testChannel(session: Session, name: string): Promise<ExitCode> {
  const { channel, params } = await findChannel(session, name);
  const result = await session.client.call('test_alert_channel', { params });
  return reportResult(session, result, `The test of ${channel.name}`);
}

/** Sends a message of the log again. @returns the exit code: 5 if it was not delivered */
export async function sendAgain(session: Session, deliveryId: string): Promise<ExitCode> {
  const params = { workspace_id: await session.workspaceId(), delivery_id: deliveryId };
  const result = await session.client.call('send_alert_delivery_again', { params });
  return reportResult(session, result, 'The message');
}

function reportResult(session: Session, result: AlertDeliveryResponse, subject: string): ExitCode {
  const { status, reason, answer } = result;
  if (status === 'delivered') {
    report(session, result, `${subject} was delivered.`);
    return exitCodes.done;
  }
  const answered = answer ? ` Its receiver answered: ${answer}` : '';
  report(session, result, `${subject} was not delivered: ${reason ?? status}.${answered}`);
  return exitCodes.refused;
}
