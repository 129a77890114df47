import type { Handlers } from '../handler.ts';
import type { UserPrincipal } from '../../services/sign-in/principal.ts';
import type { SignIn } from '../../services/sign-in/sign-in.ts';
import { userOf } from '../handler.ts';
import { toAccountSession, toUserSession } from './sessions-serializers.ts';

type Operations =
  | 'issue_authorization_url_session'
  | 'redeem_authorization_code_session'
  | 'issue_device_code_session'
  | 'redeem_device_code_session'
  | 'refresh_session'
  | 'revoke_session'
  | 'issue_swap_code_session'
  | 'list_account_sessions'
  | 'revoke_account_session'
  | 'revoke_other_account_sessions';

export function createSessionHandlers({ signIn }: { signIn: SignIn }): Pick<Handlers, Operations> {
  const { authorizationRequests, deviceCodes, sessions, swapCodes } = signIn;
  return {
    async issue_authorization_url_session({ body, origin }) {
      const { code_challenge: codeChallenge, redirect_uri: redirectUri, state } = body;
      const url = await authorizationRequests.issue({ codeChallenge, redirectUri, state }, origin);
      return { authorization_url: url };
    },

    redeem_authorization_code_session: async ({ body }) =>
      toUserSession(await authorizationRequests.redeem(body.code, body.code_verifier)),

    async issue_device_code_session({ origin }) {
      const issued = await deviceCodes.issue(origin);
      return {
        device_code: issued.deviceCode,
        user_code: issued.userCode,
        verification_uri: issued.verificationUri,
        verification_uri_complete: issued.verificationUriComplete,
        interval: issued.interval,
      };
    },

    redeem_device_code_session: async ({ body }) => toUserSession(await deviceCodes.redeem(body.device_code)),

    async refresh_session({ body }) {
      const { jwt, refreshToken } = await sessions.refresh(body.refresh_token);
      return { jwt, refresh_token: refreshToken };
    },

    async revoke_session({ body }) {
      await sessions.signOut(body.refresh_token);
    },

    async issue_swap_code_session({ body }) {
      const { code, expiresInSeconds } = await swapCodes.issue(body.refresh_token);
      return { swap_code: code, expires_in: expiresInSeconds };
    },

    async list_account_sessions({ authorization }) {
      const principal = userOf(authorization);
      const listed = await sessions.list(principal.userId);
      return { sessions: listed.map((session) => toAccountSession(session, sessionOf(principal))) };
    },

    async revoke_account_session({ authorization, params }) {
      await sessions.revoke(userOf(authorization).userId, params.session_id);
    },

    async revoke_other_account_sessions({ authorization }) {
      const principal = userOf(authorization);
      return { revoked: await sessions.revokeOthers(principal.userId, sessionOf(principal)) };
    },
  };
}

/** The caller's session id; null if the caller uses a key. */
function sessionOf({ credential }: UserPrincipal): string | null {
  return credential?.kind === 'session' ? credential.id : null;
}
