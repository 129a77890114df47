import type { Encryption } from '../../platform/encryption.ts';
import type { Logger } from 'pino';
import type { Mailer } from '../../mail/mailer.ts';
import type { Persistence } from '../../store/store.ts';
import type { WaitingMail } from '../../store/records.ts';
import { mailContext } from './invitations.ts';
import { MailRefusedError } from '../../mail/mailer.ts';

export type SendInvitationMails = ReturnType<typeof createSendInvitationMails>;

const batch = 5;
/** Longer than a working mail server takes to answer. */
const claimSeconds = 90;

/**
 * Creates a function that sends waiting mails, each at least once: if a server dies after handing one over
 * and before recording it, the mail is sent again under the same id. Independent of requests, which never
 * wait for the mail server.
 * @returns a function that returns the number of mails it claimed
 */
export function createSendInvitationMails(dependencies: {
  persistence: Persistence<'invitationMails'>;
  encryption: Encryption;
  mailer: Mailer;
  log: Logger;
}) {
  const { persistence, encryption, mailer, log } = dependencies;
  const { store } = persistence;

  async function hand(mail: WaitingMail): Promise<void> {
    const link = encryption.decrypt(mail.sealedLink, mailContext(mail.invitationId)).toString();
    await mailer.send({
      id: mail.invitationId,
      to: mail.email,
      subject: `Invitation to ${mail.organizationName} on Pumphouse`,
      text: compose(mail, link),
    });
  }

  /** A mail that is interrupted by a server stop stays claimed, and the next server sends it again. */
  async function send(mail: WaitingMail, signal: AbortSignal): Promise<void> {
    const about = { invitationId: mail.invitationId, failures: mail.failures };
    try {
      if (!(await untilAborted(hand(mail), signal))) return;
      await store.invitationMails.markSent(mail.invitationId);
    } catch (error) {
      if (error instanceof MailRefusedError) {
        log.warn(
          { err: error, ...about },
          'the mail server rejected the mail of an invitation; it is not retried',
        );
        await store.invitationMails.giveUp(mail.invitationId);
      } else {
        log.warn({ err: error, ...about }, 'the mail of an invitation was not sent yet; retried later');
        await store.invitationMails.putBack(mail.invitationId);
      }
    }
  }

  return async function sendInvitationMails(signal: AbortSignal): Promise<number> {
    await store.invitationMails.removeExpired();
    const mails = await store.invitationMails.take(batch, claimSeconds);
    await Promise.all(mails.map((mail) => send(mail, signal)));
    return mails.length;
  };
}

/** @returns false if the signal came first */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const onAbort = () => resolve(false);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work.then(() => true), promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // No caller waits for abandoned work, so its failure is ignored.
    work.catch(() => undefined);
  }
}

function compose({ inviterEmail, organizationName, email, expiresAt }: WaitingMail, link: string): string {
  return [
    `${inviterEmail} invites you (${email}) to the organization ${organizationName} on Pumphouse, where dlt pipelines run.`,
    `Open this link to accept. It is for you only, and expires on ${expiresAt.toISOString().slice(0, 'YYYY-MM-DD'.length)}:`,
    link,
    'If you did not expect this invitation, ignore this mail.',
    '',
  ].join('\n\n');
}
