import type { OlderRequest, OlderRoute } from './route.ts';
import { z } from 'zod';
import { actAsPerson } from '../services/audit/audit.ts';
import { parseBody, post, publicRoute, get } from './route.ts';

const deviceCode = z.object({ device_code: z.string() });
const refreshToken = z.object({ refresh_token: z.string() });

async function issueDeviceCode({ call }: OlderRequest) {
  return call('issue_device_code_session', { params: {} });
}

async function redeemDeviceCode(request: OlderRequest) {
  return request.call('redeem_device_code_session', { params: {}, body: parseBody(deviceCode, request) });
}

async function refresh(request: OlderRequest) {
  return request.call('refresh_session', { params: {}, body: parseBody(refreshToken, request) });
}

async function signOut(request: OlderRequest) {
  return request.call('revoke_session', { params: {}, body: parseBody(refreshToken, request) });
}

/** The current API ends other sessions only for a signed-in caller; this client sends its refresh token. */
async function signOutEverywhere(request: OlderRequest) {
  const { sessions } = request.services.signIn;
  const user = await sessions.refresh(parseBody(refreshToken, request).refresh_token);
  await actAsPerson(user, () => sessions.revokeOthers(user.userId, null));
}

/** Signing in. The names of the providers are those of the vendor's server; this server signs in itself. */
export const signInRoutes: readonly OlderRoute[] = [
  publicRoute(get('/ping', async () => ({ service: 'pumphouse', message: 'pong' }))),
  ...['workos', 'github'].flatMap((provider) => [
    publicRoute(post(`/${provider}/device-flow/code`, issueDeviceCode)),
    publicRoute(post(`/${provider}/device-flow/token`, redeemDeviceCode)),
  ]),
  publicRoute(post('/auth/refresh', refresh), 200),
  publicRoute(post('/auth/logout', signOut), 204),
  publicRoute(post('/auth/logout-all-devices', signOutEverywhere), 204),
];
