import type { Scenarios } from './audit-scene.ts';
import { createHash, randomBytes } from 'node:crypto';

/** Scenarios for signing in at clients, and out. */
export const sessionScenarios: Scenarios = {
  redeem_authorization_code_session: {
    action: 'session.begin',
    organization: 'none',
    prepare: async ({ api, owner }) => {
      const verifier = randomBytes(64).toString('base64url');
      const request = {
        codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
        redirectUri: 'http://127.0.0.1:40001/callback',
        state: 'state',
      };
      const { authorizationRequests } = api.signIn;
      const page = new URL(await authorizationRequests.issue(request, 'http://pumphouse.test'));
      const requestId = page.searchParams.get('request') ?? '';
      const back = new URL(await authorizationRequests.approve(requestId, owner.userId));
      return { payload: { code: back.searchParams.get('code'), code_verifier: verifier } };
    },
  },
  redeem_device_code_session: {
    action: 'session.begin',
    organization: 'none',
    prepare: async ({ api, owner }) => {
      const { deviceCodes } = api.signIn;
      const { deviceCode, userCode } = await deviceCodes.issue('http://pumphouse.test');
      await deviceCodes.approve(userCode, owner.userId);
      return { payload: { device_code: deviceCode } };
    },
  },
  revoke_session: {
    action: 'session.revoke',
    organization: 'none',
    prepare: async ({ beginSession }) => ({
      payload: { refresh_token: (await beginSession()).refreshToken },
    }),
  },
  revoke_account_session: {
    action: 'session.revoke',
    organization: 'none',
    prepare: async ({ beginSession }) => ({ params: { session_id: (await beginSession()).sessionId } }),
  },
  revoke_other_account_sessions: {
    action: 'session.revoke',
    organization: 'none',
    prepare: async ({ beginSession }) => {
      await beginSession();
      return {};
    },
  },
};
