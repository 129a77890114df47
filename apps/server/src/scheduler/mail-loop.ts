import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import type { RoundLoop } from './round-loop.ts';
import type { SendInvitationMails } from '../services/people/send-invitation-mails.ts';
import { createRoundLoop } from './round-loop.ts';

/** Also without a word from anybody: for mails whose time has come again. */
const pollIntervalMs = 5000;

/** Sends mail as it is asked for. Any number of servers may do so at once: each mail is taken by one of them. */
export function createMailLoop(dependencies: {
  persistence: Persistence;
  sendInvitationMails: SendInvitationMails;
  log: Logger;
}): RoundLoop {
  const { persistence, sendInvitationMails, log } = dependencies;
  return createRoundLoop({
    persistence,
    wakesFor: (kind) => kind === undefined || kind === 'mail',
    // Full hands: there may be more.
    round: async (signal) => ((await sendInvitationMails(signal)) > 0 ? 0 : pollIntervalMs),
    failureWords: 'mail was not looked at; the next round follows',
    log,
  });
}
