import type { AttemptResult } from '../../domain/deliveries/attempt-result.ts';
import type { SendAlert, SendAlertPorts } from './alert-sender.ts';
import { createHash } from 'node:crypto';
import { buildAlertMail } from '../../domain/alerts/messages/mail-text.ts';
import { excerptAnswer } from '../deliveries/answer-excerpt.ts';
import { MailRefusedError } from '../../mail/mailer.ts';
import { parseChannelSettings, selectAddresses } from '../../domain/alerts/channel-settings.ts';

/** An attempt ends after this, within the lease of its message. The rest is sent by the next one. */
const maxAttemptMs = 45_000;

/**
 * Sends a message to each recipient as a mail of its own, so that none sees the others. Mails that the mail
 * server has accepted are recorded at once: a repeated attempt sends only the others.
 */
export function createSendAlertMail(ports: SendAlertPorts): SendAlert {
  const { persistence, mailer } = ports;
  const { store } = persistence;

  return async (channel, delivery, signal) => {
    if (!mailer) return { kind: 'refused', reason: 'mail_not_configured' };
    const { recipients } = parseChannelSettings(channel.settings);
    const members = await store.members.listOfWorkspace(channel.workspaceId);
    const readers = members.filter(({ kind, disabledAt }) => kind === 'human' && disabledAt === null);
    const addresses = recipients ? selectAddresses(recipients, readers) : [];
    if (addresses.length === 0) return { kind: 'refused', reason: 'no_recipients' };

    const mail = buildAlertMail(delivery.message);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(maxAttemptMs)]);
    const refusals: string[] = [];
    let acceptedCount = delivery.acceptedFor.length;
    for (const address of addresses.filter((each) => !delivery.acceptedFor.includes(each))) {
      try {
        await untilAborted(
          mailer.send({ ...mail, id: nameMail(delivery.id, address), to: address }),
          deadline,
        );
        await store.alertDeliveries.noteAccepted(delivery.id, address);
        acceptedCount += 1;
      } catch (error) {
        // The message of another error may contain the settings of the mail server.
        if (!(error instanceof MailRefusedError))
          return { kind: 'unanswered', reason: deadline.aborted ? 'timeout' : 'mail_server_failed' };
        refusals.push(error.message);
      }
    }
    return describeEnd(acceptedCount, refusals);
  };
}

/** One accepted mail is enough: the refused ones would be refused again. */
function describeEnd(acceptedCount: number, refusals: readonly string[]): AttemptResult {
  const answer = refusals.length === 0 ? null : excerptAnswer(refusals.join(' '), []);
  if (acceptedCount > 0) return { kind: 'accepted', responseCode: null, answer };
  return { kind: 'rejected', reason: 'mail_rejected', answer: answer ?? '' };
}

/** The same for each attempt, so that a recipient can recognize a duplicate. */
function nameMail(deliveryId: string, address: string): string {
  return `${deliveryId}-${createHash('sha256').update(address).digest('hex').slice(0, 16)}`;
}

/** @throws the reason of the signal if it comes first */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new Error('Aborted'));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // No caller waits for abandoned work, so its failure is ignored.
    work.catch(() => undefined);
  }
}
