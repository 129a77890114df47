import type { SessionEnd } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { actAsPerson, recordChange } from '../audit/audit.ts';

/**
 * Ends a session of a client, in the name of the current actor. The browser sessions that belong to it end as
 * well: they would sign the browser in again.
 * @returns whether it was alive and, if a user is given, theirs
 */
export async function endSession(
  store: Pick<Store, 'auditLog' | 'sessions'>,
  id: string,
  because: SessionEnd,
  userId?: string,
): Promise<boolean> {
  const ended = await store.sessions.revoke(id, because, userId ?? null);
  if (!ended) return false;
  await recordChange(store, {
    action: 'session.revoke',
    target: { kind: 'session', id, name: ended.client },
    before: null,
    after: { because },
  });
  return true;
}

/**
 * Ends a session of the sign-in pages, the console's sessions that were begun in it, and the user's sessions at
 * apps, in the caller's transaction.
 */
export async function endBrowserSession(
  store: Pick<Store, 'apps' | 'auditLog' | 'browserSessions' | 'sessions' | 'signInRequests'>,
  { secretHash, userId, email }: { secretHash: Buffer; userId: string; email: string },
): Promise<void> {
  await store.signInRequests.forgetApproved(userId);
  await actAsPerson({ userId, email }, async () => {
    for (const { id } of await store.sessions.listOfBrowser(userId, secretHash))
      await endSession(store, id, 'signed-out');
  });
  await store.browserSessions.remove(secretHash);
  await store.apps.removeSessionsOf(userId);
}
