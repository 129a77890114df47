import { apiBaseUrl } from '../api/base-url.ts';
import { sessionClient } from './session-client.ts';
import { writeSession } from './tokens.ts';

/** What is kept in the tab while the person is at the sign-in pages. */
interface PendingSignIn {
  state: string;
  verifier: string;
  returnTo: string;
}

const pendingKey = 'pumphouse.sign-in';

/** Leaves for the sign-in pages, and comes back to `returnTo`, a path of this console with its query and hash. */
export async function goToSignIn(returnTo: string): Promise<void> {
  if (!globalThis.isSecureContext) {
    throw new Error(
      'Browsers let this page sign in only over https or at localhost. Open the console at such an address.',
    );
  }
  const pending = { state: randomText(), verifier: randomText(), returnTo };
  sessionStorage.setItem(pendingKey, JSON.stringify(pending));
  const { authorization_url } = await sessionClient.call('issue_authorization_url_session', {
    body: {
      code_challenge: await challengeOf(pending.verifier),
      redirect_uri: `${apiBaseUrl}/callback`,
      state: pending.state,
    },
  });
  location.assign(authorization_url);
}

/**
 * Takes the answer that the sign-in pages put into the address. One that this tab has not asked for is dropped: it would sign the person in
 * as whoever made the link.
 * @returns where to go on
 */
export async function finishSignIn(query: URLSearchParams): Promise<string> {
  const pending = takePending();
  if (pending === null || query.get('state') !== pending.state) return '/';
  const code = query.get('code');
  if (code === null) throw new Error('The sign-in was declined.');
  const session = await sessionClient.call('redeem_authorization_code_session', {
    body: { code, code_verifier: pending.verifier },
  });
  writeSession({
    userId: session.id,
    email: session.email,
    jwt: session.jwt,
    refreshToken: session.refresh_token,
  });
  return pending.returnTo;
}

function takePending(): PendingSignIn | null {
  const text = sessionStorage.getItem(pendingKey);
  sessionStorage.removeItem(pendingKey);
  return text === null ? null : (JSON.parse(text) as PendingSignIn);
}

function randomText(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

/** RFC 7636, S256. */
async function challengeOf(verifier: string): Promise<string> {
  return toBase64Url(
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))),
  );
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
