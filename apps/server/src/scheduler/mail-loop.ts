import type { LoopDefinition } from '../platform/loops.ts';
import type { SendInvitationMails } from '../services/people/send-invitation-mails.ts';

/** Also finds mails whose next attempt is due, for which there is no wake-up. */
const pollIntervalMs = 5000;

/** Sends mail as soon as it is requested. Several servers may run this loop: each mail is claimed by one of them. */
export function defineMailLoop(sendInvitationMails: SendInvitationMails): LoopDefinition {
  return {
    name: 'mail',
    intervalMs: pollIntervalMs,
    wakesFor: (kind) => kind === undefined || kind === 'mail',
    // A batch that sent mail may have left more.
    iterate: async (signal) => ((await sendInvitationMails(signal)) > 0 ? 0 : pollIntervalMs),
    failureMessage: 'mail was not sent; retried in the next iteration',
    readyWithinMs: null,
  };
}
