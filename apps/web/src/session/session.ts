import { ApiError } from '@pumphouse/client';
import { apiBaseUrl } from '../api/base-url.ts';
import { sessionClient } from './session-client.ts';
import { endSessions } from './end-sessions.ts';
import { forgetSession, readSession, secondsLeft, writeSession } from './tokens.ts';

/** A token that has less than this left is renewed first, since a request takes a while. */
const marginSeconds = 30;
const lockName = 'pumphouse.session';

/** There is no session in this browser, or it has ended. */
export class SignedOutError extends Error {
  constructor() {
    super('You are signed out. The sign-in page opens in a moment.');
    this.name = 'SignedOutError';
  }
}

/**
 * A token for the next request. One tab renews for all of them: a refresh token that comes a second time ends the session.
 * @throws SignedOutError when there is no session any more
 */
export async function getAccessToken(): Promise<string> {
  const session = readSession();
  if (!session) throw new SignedOutError();
  if (secondsLeft(session.jwt, Date.now()) > marginSeconds) return session.jwt;
  return navigator.locks.request(lockName, renew);
}

async function renew(): Promise<string> {
  const session = readSession();
  if (!session) throw new SignedOutError();
  // Another tab may have done it while this one waited.
  if (secondsLeft(session.jwt, Date.now()) > marginSeconds) return session.jwt;
  try {
    const renewed = await sessionClient.call('refresh_session', {
      body: { refresh_token: session.refreshToken },
    });
    writeSession({ ...session, jwt: renewed.jwt, refreshToken: renewed.refresh_token });
    return renewed.jwt;
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 400)) throw error;
    forgetSession();
    throw new SignedOutError();
  }
}

/**
 * Ends the sessions of this browser, on the server first: while the server has not confirmed the end, the tokens stay here, so that
 * signing out can be tried again.
 * @throws Error when the sessions may still be alive
 */
export async function signOut(): Promise<void> {
  await endSessions((address, request) => fetch(address, request), apiBaseUrl, readSession());
  forgetSession();
}
