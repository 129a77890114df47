import { apiBaseUrl } from '../api/base-url.ts';
import { createSignIn, toBase64Url } from './create-sign-in.ts';
import { sessionClient } from './session-client.ts';
import { writeSession } from './tokens.ts';

const signIn = createSignIn({
  storage: sessionStorage,
  origin: location.origin,
  async requestAddress({ state, verifier }) {
    if (!globalThis.isSecureContext) {
      throw new Error('Sign-in works only over https or on localhost. Open the console at such a URL.');
    }
    const { authorization_url: address } = await sessionClient.call('issue_authorization_url_session', {
      body: {
        code_challenge: await challengeOf(verifier),
        redirect_uri: `${apiBaseUrl}/callback`,
        state,
      },
    });
    return address;
  },
  leaveFor: (address) => location.assign(address),
});

addEventListener('pageshow', ({ persisted }) => persisted && signIn.returnToPage());

/**
 * Navigates to the sign-in pages and returns to `returnTo`, a path of this console with query and hash. The
 * first call decides.
 */
export const { goToSignIn } = signIn;

/**
 * Signs in and returns to the current page. If the server cannot be reached, the next failed request tries
 * again.
 */
export function signInHere(): void {
  goToSignIn(location.href.slice(location.origin.length)).catch(() => undefined);
}

/**
 * Handles the response that the sign-in pages put into the URL.
 * @returns the path to continue at; null if the tab navigates to the sign-in pages again
 */
export async function finishSignIn(query: URLSearchParams): Promise<string | null> {
  const answer = await signIn.readAnswer(query);
  if (answer.kind === 'unknown') return '/';
  if (answer.kind === 'again') return null;
  const session = await sessionClient.call('redeem_authorization_code_session', {
    body: { code: answer.code, code_verifier: answer.verifier },
  });
  writeSession({
    userId: session.id,
    email: session.email,
    jwt: session.jwt,
    refreshToken: session.refresh_token,
  });
  return answer.returnTo;
}

/** RFC 7636, S256. */
async function challengeOf(verifier: string): Promise<string> {
  return toBase64Url(
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))),
  );
}
