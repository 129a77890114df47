import { apiBaseUrl } from '../api/base-url.ts';
import { createSignIn, toBase64Url } from './create-sign-in.ts';
import { sessionClient } from './session-client.ts';
import { writeSession } from './tokens.ts';

const signIn = createSignIn({
  storage: sessionStorage,
  origin: location.origin,
  async requestAddress({ state, verifier }) {
    if (!globalThis.isSecureContext) {
      throw new Error(
        'Browsers let this page sign in only over https or at localhost. Open the console at such an address.',
      );
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

addEventListener('pageshow', ({ persisted }) => persisted && signIn.comeBack());

/** Leaves for the sign-in pages, and comes back to `returnTo`, a path of this console with its query and hash. The first call decides. */
export const { goToSignIn } = signIn;

/** The same for the page that is shown now. When the server cannot be reached, the next request that fails tries again. */
export function signInHere(): void {
  goToSignIn(location.href.slice(location.origin.length)).catch(() => undefined);
}

/**
 * Takes the answer that the sign-in pages put into the address.
 * @returns the path to go on to; null when the tab leaves for the sign-in pages again
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
