import type { BrowserSession } from './browser-sessions.ts';
import type { Persistence } from '../../store/store.ts';
import type { Sessions } from './sessions.ts';
import { endBrowserSession } from './end-session.ts';

/** What a browser holds for a user: a session of the console, one of the sign-in pages, or both. */
export interface BrowserSignOut {
  /** Any refresh token of the console's session. */
  refreshToken: string | null;
  browserSession: BrowserSession | null;
}

export type SignOut = ReturnType<typeof createSignOut>;

/**
 * Signs a browser out. The session of the sign-in pages would sign the console in again without a click, so
 * both end in one transaction: either both are ended, or the caller gets an error and neither is.
 */
export function createSignOut(
  persistence: Persistence<'apps' | 'auditLog' | 'browserSessions' | 'sessions' | 'signInRequests'>,
  sessions: Sessions,
) {
  return ({ refreshToken, browserSession }: BrowserSignOut): Promise<void> =>
    persistence.transaction(async (tx) => {
      const userId = refreshToken === null ? null : await sessions.signOutIn(tx, refreshToken);
      if (userId !== null) await tx.apps.removeSessionsOf(userId);
      if (browserSession) await endBrowserSession(tx, browserSession);
    });
}
