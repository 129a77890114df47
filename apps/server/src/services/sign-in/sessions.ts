import type { Credentials } from './credentials.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { ListedSession, RefreshTokenRecord } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { actAsPerson, currentActor, recordChange } from '../audit/audit.ts';
import { createSecret, hashSecret } from './credentials.ts';
import { endSession } from './end-session.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** What a client receives for a signed-in user. */
export interface SignedIn {
  userId: string;
  email: string;
  sessionId: string;
  /** A short-lived token; see `credentials.issuePersonToken`. */
  jwt: string;
  /** Used to request the next token. */
  refreshToken: string;
}

/** A session that was created in a transaction that has not yet committed. */
export interface BegunSession {
  id: string;
  userId: string;
  email: string;
  refreshToken: string;
}

const limits = { unusedDays: 90, maxDays: 365 };

/**
 * Concurrent commands read one file and present the same refresh token, and so does a client that refreshes
 * twice in one command. Within this time they count as one holder, and a token that young is not replaced, so
 * that there is exactly one valid token at any time.
 */
const graceSeconds = 30;

/** Far more clients than any user has; beyond it, the least recently used sessions are ended. */
const maxSessions = 100;

/** How long an ended session, and the fact that a token was replaced, are kept. */
const endedSessionsDays = 30;
const rotatedTokensDays = limits.unusedDays;

/** Maximum number of removals for each sign-in, so that none takes long. */
const forgottenAtOnce = 10;

export type Sessions = ReturnType<typeof createSessions>;

/**
 * Manages sessions of users at clients: how they begin, continue and end. Rows and their locks decide
 * everything, so any server can answer.
 */
export function createSessions({
  persistence,
  credentials,
  encryption,
}: {
  persistence: Persistence<'apps' | 'auditLog' | 'browserSessions' | 'sessions' | 'signInRequests'>;
  credentials: Credentials;
  encryption: Encryption;
}) {
  async function complete(session: BegunSession): Promise<SignedIn> {
    const { token } = await credentials.issuePersonToken(session);
    const { userId, email, id, refreshToken } = session;
    return { userId, email, sessionId: id, jwt: token, refreshToken };
  }

  /** @throws ServiceError sign_in_refused for a disabled account */
  async function beginIn(
    store: Pick<Store, 'auditLog' | 'sessions'>,
    person: { userId: string; client: string; browserSessionHash?: Buffer | null },
  ): Promise<BegunSession> {
    const { address, userAgent } = currentActor();
    const session = await store.sessions.insert(
      { browserSessionHash: null, ...person, address, userAgent },
      limits,
    );
    if (!session) throw new ServiceError('sign_in_refused', 'The account is disabled.');
    const refreshToken = createSecret('dlt_r_');
    await store.sessions.addRefreshToken(session.id, hashSecret(refreshToken));
    await actAsPerson(session, async () => {
      await recordChange(store, {
        action: 'session.begin',
        target: { kind: 'session', id: session.id, name: person.client },
        before: null,
        after: { client: person.client },
      });
      for (const { id } of await store.sessions.listBeyond(session.userId, maxSessions))
        await endSession(store, id, 'too-many-sessions');
    });
    await store.sessions.forgetEnded(endedSessionsDays, forgottenAtOnce);
    return { ...session, refreshToken };
  }

  /**
   * Checks a presented token, under the lock of its session. A token that was replaced long ago ends the
   * session, so commit before rejecting the call.
   */
  async function present(
    store: Pick<Store, 'auditLog' | 'sessions'>,
    token: string,
  ): Promise<RefreshTokenRecord | ServiceError> {
    const found = await store.sessions.lockByRefreshToken(hashSecret(token), graceSeconds);
    if (!found || found.isSessionOver) return sessionEnded();
    if (!found.isRotated || found.isFresh) return found;
    await endSession(store, found.sessionId, 'refresh-token-reused');
    return new ServiceError(
      'refresh_token_reused',
      'The refresh token was used before, so another program may have a copy of it. The session was ended; sign in again.',
    );
  }

  /** Returns the valid token for one that `present` accepted. */
  async function follow(
    store: Pick<Store, 'sessions'>,
    token: string,
    { sessionId, isRotated, isFresh }: RefreshTokenRecord,
  ) {
    if (isFresh && !isRotated) return token;
    const [next, ...underOtherKeys] = encryption.listFollowingRefreshTokens(token);
    if (isRotated) return findIssued(store, [next, ...underOtherKeys]);
    await store.sessions.rotateRefreshToken(hashSecret(token));
    await store.sessions.addRefreshToken(sessionId, hashSecret(next));
    await store.sessions.forgetRotatedTokens(sessionId, rotatedTokensDays);
    return next;
  }

  /** A server with another current key may have followed the token: the one that is stored is the good one. */
  async function findIssued(
    store: Pick<Store, 'sessions'>,
    tokens: readonly [string, ...string[]],
  ): Promise<string> {
    for (const token of tokens) if (await store.sessions.hasRefreshToken(hashSecret(token))) return token;
    return tokens[0];
  }

  async function signOutIn(
    store: Pick<Store, 'auditLog' | 'sessions'>,
    token: string,
  ): Promise<string | null> {
    const found = await store.sessions.lockByRefreshToken(hashSecret(token), graceSeconds);
    if (!found) return null;
    await actAsPerson(found, () => endSession(store, found.sessionId, 'signed-out'));
    return found.userId;
  }

  return {
    /** @throws ServiceError sign_in_refused for a disabled account */
    async begin(person: { userId: string; client: string }): Promise<SignedIn> {
      return complete(await persistence.transaction((store) => beginIn(store, person)));
    },

    /**
     * Begins a session in the caller's transaction; after its commit, `complete` creates the result for the
     * client.
     */
    beginIn,
    complete,

    /**
     * Issues a new short-lived token, and the current refresh token.
     * @throws ServiceError session_ended, refresh_token_reused
     */
    async refresh(token: string): Promise<SignedIn> {
      const answer = await persistence.transaction(async (store) => {
        const found = await present(store, token);
        if (found instanceof ServiceError) return found;
        const refreshToken = await follow(store, token, found);
        await store.sessions.noteUse(found.sessionId, limits);
        return { id: found.sessionId, userId: found.userId, email: found.email, refreshToken };
      });
      if (answer instanceof ServiceError) throw answer;
      return complete(answer);
    },

    /**
     * Ends the session of any of its refresh tokens. An unknown token, or one of an ended session, is not an
     * error.
     */
    async signOut(token: string): Promise<void> {
      await persistence.transaction((store) => signOutIn(store, token));
    },

    /**
     * Signs out in the caller's transaction.
     * @returns the id of the user; null for an unknown token
     */
    signOutIn,

    /**
     * Uses the session of a refresh token without replacing the token.
     * @throws ServiceError as `refresh`
     */
    async use<Result>(
      token: string,
      work: (store: Pick<Store, 'sessions'>, session: RefreshTokenRecord) => Promise<Result>,
    ): Promise<Result> {
      const answer = await persistence.transaction(async (store) => {
        const found = await present(store, token);
        return found instanceof ServiceError ? found : { result: await work(store, found) };
      });
      if (answer instanceof ServiceError) throw answer;
      return answer.result;
    },

    /** Lists live sessions, most recently used first. */
    list: (userId: string): Promise<ListedSession[]> => persistence.store.sessions.listAlive(userId),

    /** @throws ServiceError not_found for an ended session, or another user's */
    async revoke(userId: string, sessionId: string): Promise<void> {
      const isEnded = await persistence.transaction(async (store) => {
        await store.signInRequests.forgetApproved(userId);
        return endSession(store, sessionId, 'revoked', userId);
      });
      if (!isEnded) throw new ServiceError('not_found', `You have no session ${sessionId}.`);
    },

    /**
     * Ends all sessions of a user but one, and all browser sessions but the one it belongs to.
     * @returns the number of ended sessions
     */
    revokeOthers: (userId: string, kept: string | null): Promise<number> =>
      persistence.transaction((store) => endOthers(store, userId, kept)),
  };

  async function endOthers(
    store: Pick<Store, 'apps' | 'auditLog' | 'browserSessions' | 'sessions' | 'signInRequests'>,
    userId: string,
    kept: string | null,
  ): Promise<number> {
    // Otherwise an approved client would be signed in right afterwards.
    await store.signInRequests.forgetApproved(userId);
    let ended = 0;
    for (const { id } of await store.sessions.listAlive(userId))
      if (id !== kept && (await endSession(store, id, 'revoked', userId))) ended += 1;
    await store.browserSessions.removeOthers(userId, kept);
    await store.apps.removeSessionsOf(userId);
    return ended;
  }
}

function sessionEnded(): ServiceError {
  return new ServiceError('session_ended', 'The session has ended. Sign in again.');
}
