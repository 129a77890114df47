import type { ApiFixture } from '../testing/api-fixture.ts';
import type { SignInFixture } from '../../services/testing/sign-in-fixture.ts';
import type { UserSessionResponse } from '@pumphouse/contract';
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeys } from '../../services/keys/keys.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { createSignInFixture } from '../../services/testing/sign-in-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { breakTable } from '../../store/postgres/testing/tables.ts';

let api: ApiFixture;
let context: SignInFixture;
let owner: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>['owner'];
let workspaceId: string;

beforeEach(async () => {
  api = await createApiFixture({ readAllowedHosts });
  context = createSignInFixture({ database: api.testDatabase.database, store: api.persistence.store });
  const made = await api.createWorkspaceFixture();
  ({ owner } = made);
  workspaceId = made.workspace.id;
});
afterEach(() => api.close());

/** The host name these tests use for the server. */
const readAllowedHosts = () => ['pumphouse.test'];
const agent = { 'user-agent': 'dlthub-cli/0.28.7' };

/** A call without a credential, as the client makes it. */
const post = (operation: string, payload?: object) =>
  api.app.inject({
    method: 'POST',
    url: `/auth/v1/sessions/-${operation}`,
    headers: { ...agent, host: 'pumphouse.test:8080' },
    ...(payload === undefined ? {} : { payload }),
  });

const call = (method: 'GET' | 'POST' | 'DELETE', url: string, bearer: string) =>
  api.app.inject({ method, url, headers: { ...agent, authorization: `Bearer ${bearer}` } });

/** Signs the owner in with a code, like the client and the page. */
async function signIn(): Promise<UserSessionResponse> {
  const issued = readAnswer('issue_device_code_session', await post('issue-device-code'));
  await api.signIn.deviceCodes.approve(issued.user_code, owner.userId);
  const payload = { device_code: issued.device_code };
  return readAnswer('redeem_device_code_session', await post('redeem-device-code', payload));
}

const listSessions = async (bearer: string) =>
  readAnswer('list_account_sessions', await call('GET', '/pumphouse/v1/account/sessions', bearer)).sessions;

describe('signing in with a code', () => {
  it('needs neither a credential nor a body, and returns the URL of the page', async () => {
    const issued = readAnswer('issue_device_code_session', await post('issue-device-code'));
    expect(issued).toMatchObject({
      interval: 5,
      verification_uri: 'http://pumphouse.test:8080/sign-in/device',
      verification_uri_complete: `http://pumphouse.test:8080/sign-in/device?user_code=${issued.user_code}`,
    });
  });

  it('is 403 while the user has not answered, and slows the client down only when it polls too fast', async () => {
    const { device_code } = readAnswer('issue_device_code_session', await post('issue-device-code'));
    const [first, second] = [
      await post('redeem-device-code', { device_code }),
      await post('redeem-device-code', { device_code }),
    ];
    expect(first.json()).toMatchObject({ status_code: 403, code: 'authorization_pending' });
    expect(first.body).not.toContain('slow_down');
    expect(second.json()).toMatchObject({ status_code: 403, code: 'slow_down' });
    expect([first.statusCode, second.statusCode]).toEqual([403, 403]);
  });

  it('is 400 once it cannot succeed: for codes that are unknown, declined, expired or used', async () => {
    const [declined, old, used] = [
      readAnswer('issue_device_code_session', await post('issue-device-code')),
      readAnswer('issue_device_code_session', await post('issue-device-code')),
      readAnswer('issue_device_code_session', await post('issue-device-code')),
    ];
    await api.signIn.deviceCodes.deny(declined.user_code);
    await api.signIn.deviceCodes.approve(used.user_code, owner.userId);
    await post('redeem-device-code', { device_code: used.device_code });
    await context.letPass('15 minutes');
    const codes = ['unknown', declined.device_code, old.device_code, used.device_code];
    for (const device_code of codes) {
      const refused = await post('redeem-device-code', { device_code });
      expect(refused.json()).toMatchObject({
        status_code: 400,
        code: 'sign_in_refused',
        detail: expect.any(String) as string,
      });
    }
  });

  it('returns a token with which the client reads the account', async () => {
    const { id, email, jwt } = await signIn();
    expect({ id, email }).toEqual({ id: owner.userId, email: owner.principal.email });
    const me = readAnswer('get_me', await call('GET', '/api/v1/me', jwt));
    expect(me).toMatchObject({ user_id: owner.userId, email: owner.principal.email });
    const url = `/api/v1/workspaces/${workspaceId}`;
    readAnswer('get_workspace', await call('GET', url, jwt));
    const { token } = readAnswer(
      'issue_dataplane_token_workspace',
      await call('POST', `${url}/-issue-dataplane-token`, jwt),
    );
    readAnswer('list_workspace_variables', await call('GET', `${url}/variables`, token));
  });
});

describe('signing in through a browser', () => {
  const verifier = randomBytes(64).toString('base64url');
  const request = {
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    redirect_uri: 'http://127.0.0.1:40001/callback',
    state: 'state',
  };

  it('redirects to a page of this server and back with a code', async () => {
    const { authorization_url } = readAnswer(
      'issue_authorization_url_session',
      await post('issue-authorization-url', request),
    );
    const url = new URL(authorization_url);
    expect(url.origin + url.pathname).toBe('http://pumphouse.test:8080/sign-in/authorize');
    const requestId = url.searchParams.get('request') ?? '';
    const back = new URL(await api.signIn.authorizationRequests.approve(requestId, owner.userId));
    const payload = { code: back.searchParams.get('code'), code_verifier: verifier };
    const session = readAnswer(
      'redeem_authorization_code_session',
      await post('redeem-authorization-code', payload),
    );
    expect(session).toMatchObject({ id: owner.userId, email: owner.principal.email });
    expect((await post('redeem-authorization-code', payload)).json()).toMatchObject({
      status_code: 400,
      code: 'sign_in_refused',
      detail: expect.stringContaining('already used') as string,
    });
    expect((await post('refresh', { refresh_token: session.refresh_token })).statusCode).toBe(401);
  });

  it('redirects only to a port on the same machine', async () => {
    const elsewhere = { ...request, redirect_uri: 'https://example.com/callback' };
    expect((await post('issue-authorization-url', elsewhere)).json()).toMatchObject({
      status_code: 400,
      code: 'invalid_request',
      extra: [{ key: 'redirect_uri' }],
    });
  });

  it('uses the public address of the server', async () => {
    await api.close();
    api = await createApiFixture({ publicUrl: 'https://pumphouse.example.com/data/', readAllowedHosts });
    const { authorization_url } = readAnswer(
      'issue_authorization_url_session',
      await post('issue-authorization-url', request),
    );
    expect(authorization_url).toMatch(
      /^https:\/\/pumphouse\.example\.com\/data\/sign-in\/authorize\?request=/,
    );
  });
});

describe('a session', () => {
  it('continues after a refresh, and ends on sign-out', async () => {
    const session = await signIn();
    await context.letPass('1 minute');
    const { refresh_token } = session;
    const next = readAnswer('refresh_session', await post('refresh', { refresh_token }));
    expect(next.refresh_token).not.toBe(refresh_token);
    readAnswer('get_me', await call('GET', '/api/v1/me', next.jwt));
    const revoked = await post('revoke', { refresh_token: next.refresh_token });
    expect([revoked.statusCode, revoked.body]).toEqual([204, '']);
    expect((await post('revoke', { refresh_token: 'never was' })).statusCode).toBe(204);
    expect((await post('refresh', { refresh_token: next.refresh_token })).json()).toMatchObject({
      status_code: 401,
      code: 'session_ended',
    });
  });

  it('ends with 401 when a stolen token was used', async () => {
    const { refresh_token } = await signIn();
    await context.letPass('1 minute');
    await post('refresh', { refresh_token });
    await context.letPass('1 minute');
    expect((await post('refresh', { refresh_token })).json()).toMatchObject({
      status_code: 401,
      code: 'refresh_token_reused',
    });
  });

  it('opens the browser with a code', async () => {
    const { refresh_token } = await signIn();
    const { swap_code, expires_in } = readAnswer(
      'issue_swap_code_session',
      await post('issue-swap-code', { refresh_token }),
    );
    expect(expires_in).toBe(60);
    expect(await api.signIn.swapCodes.redeem(swap_code)).toMatchObject({ userId: owner.userId });
    expect((await post('issue-swap-code', { refresh_token: 'never was' })).json()).toMatchObject({
      status_code: 401,
      code: 'session_ended',
    });
  });

  it.each(['refresh', 'revoke', 'issue-swap-code', 'redeem-device-code', 'redeem-authorization-code'])(
    'is not looked up for a body that %s cannot parse',
    async (operation) => {
      for (const payload of [undefined, {}, { refresh_token: 1 }, { refresh_token: null }]) {
        const refused = await post(operation, payload);
        expect(refused.json()).toMatchObject({ status_code: 400, code: 'invalid_request' });
      }
    },
  );
});

it('rejects bodies larger than a client sends', async () => {
  const refused = await post('refresh', { refresh_token: 'x'.repeat(20_000) });
  expect(refused.json()).toMatchObject({ status_code: 413, code: 'upload_too_large' });
  expect((await post('refresh', { refresh_token: 'x'.repeat(10_000) })).statusCode).toBe(401);
});

describe('a failing database', () => {
  // A 500 makes the client forget its tokens; a 503 does not.
  it.each([
    ['refresh', { refresh_token: 'a' }],
    ['revoke', { refresh_token: 'a' }],
    ['issue-swap-code', { refresh_token: 'a' }],
    ['redeem-device-code', { device_code: 'a' }],
    ['redeem-authorization-code', { code: 'a', code_verifier: 'b' }],
    ['issue-device-code', undefined],
  ])('makes %s report a temporary failure', async (operation, payload) => {
    for (const table of ['refresh_tokens', 'device_codes', 'authorization_requests'])
      await breakTable(api.testDatabase.database, table);
    const failed = await post(operation, payload);
    expect([failed.statusCode, failed.json()]).toEqual([
      503,
      { code: 'unavailable', detail: 'The server failed; try again.', status_code: 503 },
    ]);
  });

  it('loses no session', async () => {
    const { refresh_token } = await signIn();
    const restore = await breakTable(api.testDatabase.database, 'sessions');
    expect((await post('refresh', { refresh_token })).statusCode).toBe(503);
    await restore();
    readAnswer('refresh_session', await post('refresh', { refresh_token }));
  });
});

describe('a flood of requests', () => {
  it('for codes is rejected with a retry time', async () => {
    for (let turn = 0; turn < 100; turn += 1) await post('issue-device-code');
    const refused = await post('issue-device-code');
    expect(refused.json()).toMatchObject({ status_code: 429, code: 'too_many_sign_ins' });
    expect(refused.headers['retry-after']).toBe('60');
  });
});

describe("the caller's own sessions", () => {
  const url = '/pumphouse/v1/account/sessions';

  it('are listed, with the current one marked', async () => {
    const [here, there] = [await signIn(), await signIn()];
    const listed = await listSessions(here.jwt);
    expect(listed).toHaveLength(2);
    expect(listed.filter(({ is_current }) => is_current)).toMatchObject([
      { client: 'dlthub-cli 0.28.7', address: '127.0.0.1', user_agent: 'dlthub-cli/0.28.7' },
    ]);
    const [current] = listed.filter(({ is_current }) => is_current);
    const other = (await listSessions(there.jwt)).find(({ is_current }) => is_current);
    expect(other?.id).not.toBe(current?.id);
    expect((await listSessions(owner.key)).map(({ is_current }) => is_current)).toEqual([false, false]);
  });

  it('can be ended one by one', async () => {
    const [here, there] = [await signIn(), await signIn()];
    const other = (await listSessions(here.jwt)).find(({ is_current }) => !is_current);
    const ended = await call('DELETE', `${url}/${other?.id}`, here.jwt);
    expect([ended.statusCode, ended.body]).toEqual([204, '']);
    expect((await call('GET', '/api/v1/me', there.jwt)).statusCode).toBe(401);
    expect((await call('DELETE', `${url}/${other?.id}`, here.jwt)).json()).toMatchObject({
      status_code: 404,
      code: 'not_found',
    });
    const changes = await context.listChanges();
    expect(changes.at(-1)).toMatchObject({
      action: 'session.revoke',
      actorEmail: owner.principal.email,
      targetId: other?.id,
      after: { because: 'revoked' },
    });
  });

  it('can be ended all at once except the current one', async () => {
    const [here, there] = [await signIn(), await signIn()];
    const answer = await call('POST', `${url}/-revoke-others`, here.jwt);
    expect(readAnswer('revoke_other_account_sessions', answer)).toEqual({ revoked: 1 });
    expect((await post('refresh', { refresh_token: there.refresh_token })).statusCode).toBe(401);
    expect(await listSessions(here.jwt)).toMatchObject([{ is_current: true }]);
  });

  it('never include those of other users', async () => {
    await signIn();
    const stranger = (await api.createWorkspaceFixture()).owner;
    const [session] = await listSessions(owner.key);
    expect(await listSessions(stranger.key)).toEqual([]);
    expect((await call('DELETE', `${url}/${session?.id}`, stranger.key)).statusCode).toBe(404);
    expect(await listSessions(owner.key)).toHaveLength(1);
    const workspaceKey = await createKeys(api.persistence).create({
      email: owner.principal.email,
      days: 1,
      workspace: { id: workspaceId, role: 'developer' },
    });
    expect(await listSessions(workspaceKey)).toEqual([]);
  });
});
