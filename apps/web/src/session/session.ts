import { ApiError } from '@pumphouse/client';
import { apiBaseUrl } from '../api/base-url.ts';
import { sessionClient } from './session-client.ts';
import { endSessions } from './end-sessions.ts';
import { forgetSession, readSession, secondsLeft, writeSession } from './tokens.ts';

/** A token that expires sooner is renewed first, since a request takes time. */
const marginSeconds = 30;
const lockName = 'pumphouse.session';

/** This browser has no session, or it has ended. */
export class SignedOutError extends Error {
  constructor() {
    super('You are signed out. The sign-in page opens in a moment.');
    this.name = 'SignedOutError';
  }
}

/**
 * Returns a token for the next request. One tab renews for all: reusing a refresh token ends the session.
 * @throws SignedOutError if there is no session
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
  // Another tab may have renewed it while this one waited for the lock.
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
 * Ends the sessions of this browser, first on the server. Until the server confirms, the tokens stay here, so
 * that sign-out can be retried.
 * @throws Error if the sessions may still be active
 */
export async function signOut(): Promise<void> {
  await endSessions((address, request) => fetch(address, request), apiBaseUrl, readSession());
  forgetSession();
}
