import type { Credentials } from '../credentials.ts';
import type { Encryption } from '../encryption.ts';
import type { ListedSession, RefreshTokenRecord, SessionEnd } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { actAsPerson, currentActor, recordChange } from '../audit.ts';
import { createSecret, hashSecret } from '../credentials.ts';
import { ServiceError } from '../service-error.ts';

/** What a client gets for a person who has signed in. */
export interface SignedIn {
  userId: string;
  email: string;
  sessionId: string;
  /** A token for some minutes, see `credentials.issuePersonToken`. */
  jwt: string;
  /** With which the next token is asked for. */
  refreshToken: string;
}

/** A session that was made, before the transaction has committed. */
export interface BegunSession {
  id: string;
  userId: string;
  email: string;
  refreshToken: string;
}

const limits = { unusedDays: 90, longestDays: 365 };

/**
 * Commands that run at the same time read one file and present the same token; so does a client that refreshes twice in one command. For
 * so long they are taken for one, and a token that young is not followed by another, so that there is one good token at any time.
 */
const graceSeconds = 30;

/** Far more than anybody has clients; who begins more ends those used longest ago. */
const mostSessions = 100;

/** For so long it is known that a session was there, and that a token of it was followed by another. */
const endedSessionsDays = 30;
const rotatedTokensDays = limits.unusedDays;

/** How many sessions one sign-in forgets at most, so that none of them takes long. */
const forgottenAtOnce = 10;

export type Sessions = ReturnType<typeof createSessions>;

/** People signed in at clients: how sessions begin, go on and end. All of it is decided by rows and their locks, whatever server is asked. */
export function createSessions({
  persistence,
  credentials,
  encryption,
}: {
  persistence: Persistence;
  credentials: Credentials;
  encryption: Encryption;
}) {
  async function complete(session: BegunSession): Promise<SignedIn> {
    const { token } = await credentials.issuePersonToken(session);
    const { userId, email, id, refreshToken } = session;
    return { userId, email, sessionId: id, jwt: token, refreshToken };
  }

  /** @throws ServiceError sign_in_refused for an account that is switched off */
  async function beginIn(store: Store, person: { userId: string; client: string }): Promise<BegunSession> {
    const { address, userAgent } = currentActor();
    const session = await store.sessions.insert({ ...person, address, userAgent }, limits);
    if (!session) throw new ServiceError('sign_in_refused', 'The account is switched off.');
    const refreshToken = createSecret('dlt_r_');
    await store.sessions.addRefreshToken(session.id, hashSecret(refreshToken));
    await actAsPerson(session, async () => {
      await recordChange(store, {
        action: 'session.begin',
        target: { kind: 'session', id: session.id, name: person.client },
        before: null,
        after: { client: person.client },
      });
      for (const { id } of await store.sessions.listBeyond(session.userId, mostSessions))
        await end(store, id, 'too-many-sessions');
    });
    await store.sessions.forgetEnded(endedSessionsDays, forgottenAtOnce);
    return { ...session, refreshToken };
  }

  /** Ends a session, in the name of whoever acts. @returns whether it was alive, and that person's where one is given */
  async function end(store: Store, id: string, because: SessionEnd, userId?: string): Promise<boolean> {
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

  /** A token that is presented, with the lock of its session. One that was followed long ago ends the session, so commit and refuse. */
  async function present(store: Store, token: string): Promise<RefreshTokenRecord | ServiceError> {
    const found = await store.sessions.lockByRefreshToken(hashSecret(token), graceSeconds);
    if (!found || found.isSessionOver) return sessionEnded();
    if (!found.isRotated || found.isFresh) return found;
    await end(store, found.sessionId, 'refresh-token-reused');
    return new ServiceError(
      'refresh_token_reused',
      'The refresh token was used before, so somebody may have a copy of it. The session was ended; sign in again.',
    );
  }

  /** The token that is good now, given one for which `present` did not refuse. */
  async function follow(store: Store, token: string, { sessionId, isRotated, isFresh }: RefreshTokenRecord) {
    if (isFresh && !isRotated) return token;
    const [next, ...underOtherKeys] = encryption.listFollowingRefreshTokens(token);
    if (isRotated) return findIssued(store, [next, ...underOtherKeys]);
    await store.sessions.rotateRefreshToken(hashSecret(token));
    await store.sessions.addRefreshToken(sessionId, hashSecret(next));
    await store.sessions.forgetRotatedTokens(sessionId, rotatedTokensDays);
    return next;
  }

  /** A server with another current key may have followed the token: the one that is stored is the good one. */
  async function findIssued(store: Store, tokens: readonly [string, ...string[]]): Promise<string> {
    for (const token of tokens) if (await store.sessions.hasRefreshToken(hashSecret(token))) return token;
    return tokens[0];
  }

  async function signOutIn(store: Store, token: string): Promise<string | null> {
    const found = await store.sessions.lockByRefreshToken(hashSecret(token), graceSeconds);
    if (!found) return null;
    await actAsPerson(found, () => end(store, found.sessionId, 'signed-out'));
    return found.userId;
  }

  return {
    /** @throws ServiceError sign_in_refused for an account that is switched off */
    async begin(person: { userId: string; client: string }): Promise<SignedIn> {
      return complete(await persistence.transaction((store) => beginIn(store, person)));
    },

    /** The same in a transaction of the caller; what clients get is made of it by `complete` when that has committed. */
    beginIn,
    complete,

    /**
     * Another token for some minutes, and the refresh token from then on.
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

    /** Ends the session of any of its refresh tokens. An unknown token, or one of an ended session, is no error. */
    async signOut(token: string): Promise<void> {
      await persistence.transaction((store) => signOutIn(store, token));
    },

    /** The same in a transaction of the caller. @returns the id of the person; null for an unknown token */
    signOutIn,

    /** The session of a refresh token, which stays as it is. @throws ServiceError as `refresh` */
    async use<Result>(
      token: string,
      work: (store: Store, session: RefreshTokenRecord) => Promise<Result>,
    ): Promise<Result> {
      const answer = await persistence.transaction(async (store) => {
        const found = await present(store, token);
        return found instanceof ServiceError ? found : { result: await work(store, found) };
      });
      if (answer instanceof ServiceError) throw answer;
      return answer.result;
    },

    /** Those that are alive, the one used last first. */
    list: (userId: string): Promise<ListedSession[]> => persistence.store.sessions.listAlive(userId),

    /** @throws ServiceError not_found for one that is over, or somebody else's */
    async revoke(userId: string, sessionId: string): Promise<void> {
      const isEnded = await persistence.transaction((store) => end(store, sessionId, 'revoked', userId));
      if (!isEnded) throw new ServiceError('not_found', `You have no session ${sessionId}.`);
    },

    /** Ends all of a person but one. @returns how many */
    revokeOthers: (userId: string, kept: string | null): Promise<number> =>
      persistence.transaction((store) => endOthers(store, userId, kept)),

    /** Ends one in a transaction of the caller. */
    endIn: end,
  };

  async function endOthers(store: Store, userId: string, kept: string | null): Promise<number> {
    // A client that is about to be signed in would else be signed in right after.
    await store.signInRequests.forgetApproved(userId);
    let ended = 0;
    for (const { id } of await store.sessions.listAlive(userId))
      if (id !== kept && (await end(store, id, 'revoked', userId))) ended += 1;
    return ended;
  }
}

function sessionEnded(): ServiceError {
  return new ServiceError('session_ended', 'The session is over, or never was. Sign in again.');
}
