import { ApiError } from '@pumphouse/client';
import { apiBaseUrl } from '../api/base-url.ts';
import { sessionClient } from './session-client.ts';
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
 * Ends the session of the sign-in pages, then that of the console. In this order: other tabs ask for a sign-in as soon as the session is gone
 * here, and would be let in again.
 */
export async function signOut(): Promise<void> {
  const session = readSession();
  try {
    await endPagesSession();
    if (session)
      await sessionClient.call('revoke_session', { body: { refresh_token: session.refreshToken } });
  } finally {
    forgetSession();
  }
}

/** The sign-in pages have a session of their own, with which the next click would sign the same person in. They end it by a form. */
async function endPagesSession(): Promise<void> {
  const answer = await fetch(`${apiBaseUrl}/sign-in/account`);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const token = page.querySelector<HTMLInputElement>('form[action$="/sign-out"] input[name="form_token"]');
  if (!token) return;
  const body = new URLSearchParams({ form_token: token.value });
  await fetch(`${apiBaseUrl}/sign-in/sign-out`, { method: 'POST', body });
}
