import type { AuthorizationRequestRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { Sessions, SignedIn } from './sessions.ts';
import { createHash, timingSafeEqual } from 'node:crypto';
import { answerAt, consoleRedirect, readLoopbackRedirect } from '../../domain/sign-in/sign-in-redirect.ts';
import { isUuid } from '../../domain/primitives/uuid.ts';
import { createSecret, hashSecret } from './credentials.ts';
import { endSession } from './end-session.ts';
import { describeCaller, openLimits, refuseFlood, signInForgottenAfterSeconds } from './sign-in-limits.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The details that the page shows a user before they approve. */
export interface AuthorizationRequest {
  id: string;
  /** The self-reported name of the client; it proves nothing. */
  client: string;
  address: string | null;
  /** Receives the answer: a port on the user's own machine, or the console of this server. */
  redirectUri: string;
  createdAt: Date;
}

/** The client waits for 5 minutes, but some users must find their password first. */
const requestSeconds = 10 * 60;
/** The redirect from the browser to the client on the same machine takes a moment. */
const codeSeconds = 60;

export type AuthorizationRequests = ReturnType<typeof createAuthorizationRequests>;

/**
 * Manages sign-ins through a browser on the same machine: authorization code with PKCE (RFC 7636, S256) and a
 * loopback port (RFC 8252).
 */
export function createAuthorizationRequests({
  persistence,
  sessions,
}: {
  persistence: Persistence<'auditLog' | 'sessions' | 'signInRequests'>;
  sessions: Sessions;
}) {
  const { signInRequests } = persistence.store;

  async function get(requestId: string): Promise<AuthorizationRequestRecord> {
    const request = isUuid(requestId) ? await signInRequests.findAuthorization(requestId) : undefined;
    if (!request) throw refused('The sign-in does not exist or has expired. Start it again in the client.');
    if (request.outcome !== null)
      throw refused('This sign-in was already answered. Start it again in the client.');
    if (request.isExpired) throw refused('This sign-in has expired. Start it again in the client.');
    return request;
  }

  return {
    /**
     * @returns the address below `origin` at which the user approves
     * @throws ServiceError invalid_request, too_many_sign_ins
     */
    async issue(
      request: { codeChallenge: string; redirectUri: string; state: string },
      origin: string,
    ): Promise<string> {
      const isConsole = request.redirectUri === consoleRedirect(origin);
      const redirectUri = isConsole ? request.redirectUri : readLoopbackRedirect(request.redirectUri);
      if (redirectUri === null)
        throw invalid(
          'redirect_uri',
          'must be http://127.0.0.1:<port>/callback, or the same at localhost or [::1]',
        );
      // SHA-256 in base64url: anything else could never be redeemed.
      if (!/^[\w-]{43}$/.test(request.codeChallenge))
        throw invalid('code_challenge', 'is not an S256 challenge');
      if (!/^[\x20-\x7e]{1,512}$/.test(request.state))
        throw invalid('state', 'must have 1 to 512 printable characters');
      await signInRequests.forgetOld(signInForgottenAfterSeconds, 100);
      const made = await signInRequests.insertAuthorization(
        { ...request, ...describeCaller(), redirectUri },
        requestSeconds,
        openLimits,
      );
      if (!made) throw refuseFlood();
      return `${origin}/sign-in/authorize?request=${made.id}${isConsole ? '&for=console' : ''}`;
    },

    /**
     * Reads the details for the page.
     * @throws ServiceError sign_in_refused if the request is unknown, expired or answered, with a message for
     * the page
     */
    async describe(requestId: string): Promise<AuthorizationRequest> {
      const { id, client, address, redirectUri, createdAt } = await get(requestId);
      return { id, client, address, redirectUri, createdAt };
    },

    /**
     * Approves the sign-in.
     * @param browserSessionHash the session of the pages that the new session is to end with; null for a client
     * that is not in this browser
     * @returns the address to redirect the browser to, with a GET
     * @throws ServiceError as `describe`
     */
    async approve(
      requestId: string,
      userId: string,
      browserSessionHash: Buffer | null = null,
    ): Promise<string> {
      await get(requestId);
      const code = createSecret('dlt_c_');
      const approval = { userId, browserSessionHash, codeHash: hashSecret(code), seconds: codeSeconds };
      const approved = await signInRequests.approveAuthorization(requestId, approval);
      if (!approved) throw refused('This sign-in was already answered. Start it again in the client.');
      return answerAt(approved.redirectUri, { code, state: approved.state });
    },

    /**
     * Denies the sign-in.
     * @returns the address to redirect the browser to, which tells the client
     * @throws ServiceError as `describe`
     */
    async deny(requestId: string): Promise<string> {
      await get(requestId);
      const denied = await signInRequests.denyAuthorization(requestId);
      if (!denied) throw refused('This sign-in was already answered. Start it again in the client.');
      return answerAt(denied.redirectUri, { error: 'access_denied', state: denied.state });
    },

    /**
     * Redeems a code once: a reused code has leaked, so the session that it began is ended.
     * @throws ServiceError sign_in_refused
     */
    async redeem(code: string, verifier: string): Promise<SignedIn> {
      const answer = await persistence.transaction(async (store) => {
        const request = await store.signInRequests.lockAuthorizationByCode(hashSecret(code));
        if (!request?.userId) return refused('The code does not exist or has expired.');
        // Check this first: a caller without the verifier can neither use up a code nor end the session that
        // it began.
        if (!isVerifierOf(verifier, request.codeChallenge))
          return refused('The verifier does not match the one of the sign-in.');
        if (request.redeemedAt) {
          if (request.sessionId) await endSession(store, request.sessionId, 'code-replayed');
          return refused('The code was already used. Its session was ended; sign in again.');
        }
        if (request.isExpired) return refused('The code has expired. Sign in again.');
        const { userId, client, browserSessionHash } = request;
        const session = await sessions.beginIn(store, { userId, client, browserSessionHash });
        await store.signInRequests.finishAuthorization(request.id, session.id);
        return session;
      });
      if (answer instanceof ServiceError) throw answer;
      return sessions.complete(answer);
    },
  };
}

function isVerifierOf(verifier: string, challenge: string): boolean {
  const made = createHash('sha256').update(verifier).digest();
  const known = Buffer.from(challenge, 'base64url');
  return made.length === known.length && timingSafeEqual(made, known);
}

function invalid(key: string, message: string): ServiceError {
  return new ServiceError('invalid_request', `The body is not valid: ${key}: ${message}.`, [
    { key, message },
  ]);
}

function refused(detail: string): ServiceError {
  return new ServiceError('sign_in_refused', detail);
}
