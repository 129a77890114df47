import type { BrowserSessionRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { actAsPerson, recordChange } from '../audit/audit.ts';
import { createSecret, hashSecret } from './credentials.ts';
import { endBrowserSession } from './end-session.ts';

export interface BrowserSession extends BrowserSessionRecord {
  secretHash: Buffer;
  /** The session was extended just now, so its cookie must be extended as well. */
  isRenewed: boolean;
}

export type BrowserSessions = ReturnType<typeof createBrowserSessions>;

export const browserSessionHours = 12;
const maxDays = 7;
const renewAfterMs = 10 * 60 * 1000;

/** Manages the sessions of users at this server's own pages. The API accepts no cookies. */
export function createBrowserSessions(
  persistence: Persistence<'apps' | 'auditLog' | 'browserSessions' | 'sessions' | 'signInRequests'>,
) {
  const { store } = persistence;

  return {
    /**
     * @param signedInBy how the user signed in: `password`, `link`, `client`, or an issuer
     * @param sessionId the session of the client that opened the browser
     */
    async begin(
      account: { id: string; email: string },
      signedInBy: string,
      sessionId: string | null = null,
    ): Promise<string> {
      const secret = createSecret('dlt_w_');
      await persistence.transaction(async (tx) => {
        await tx.browserSessions.insert({
          secretHash: hashSecret(secret),
          userId: account.id,
          signedInBy,
          sessionId,
          hours: browserSessionHours,
        });
        await actAsPerson({ userId: account.id, email: account.email }, () =>
          recordChange(tx, {
            action: 'person.sign-in',
            target: { kind: 'person', id: account.id, name: account.email },
            before: null,
            after: { at: 'pages', by: signedInBy },
          }),
        );
      });
      await store.browserSessions.removeExpired();
      return secret;
    },

    /** Finds a session, which lasts twelve hours from its last use, at most a week. */
    async find(secret: string): Promise<BrowserSession | null> {
      const secretHash = hashSecret(secret);
      const session = await store.browserSessions.find(secretHash);
      if (!session) return null;
      const isRenewed = Date.now() - session.lastUsedAt.getTime() > renewAfterMs;
      if (isRenewed)
        await store.browserSessions.renew(secretHash, { hours: browserSessionHours, days: maxDays });
      return { ...session, secretHash, isRenewed };
    },

    end: (session: BrowserSession) => persistence.transaction((tx) => endBrowserSession(tx, session)),
  };
}
