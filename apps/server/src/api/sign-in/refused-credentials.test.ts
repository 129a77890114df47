import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { Credential, Route } from '@pumphouse/contract';
import { SignJWT } from 'jose';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { createBrowserSessions } from '../../services/sign-in/browser-sessions.ts';
import { createCredentials, createKeySecret } from '../../services/sign-in/credentials.ts';
import { createEncryption } from '../../platform/encryption.ts';
import { routes } from '@pumphouse/contract';
import { seedRun } from '../testing/seed-run.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

/*
 * Every invalid credential at every operation. It must be rejected before any other check, whether the path
 * and the body are valid or not.
 */

type Guarded = Exclude<Credential, 'none'>;
const table: readonly Route[] = routes;
const guarded = table.filter(
  (route): route is Route & { credential: Guarded } => route.credential !== 'none',
);
const uploadId = '11111111-1111-4111-8111-111111111111';

let api: ApiFixture;
let workspaceId: string;
let organizationId: string;
let owner: TestCaller;
/** Invalid credentials, keyed by what is wrong with them. Created once: no call can change them. */
let bad: Record<string, string>;
/** Valid credentials, keyed by purpose. */
let good: Record<Guarded | 'person' | 'run' | 'attempt', string>;

beforeAll(async () => {
  api = await createApiFixture();
  const seeded = await seedRun(api);
  workspaceId = seeded.workspaceId;
  owner = seeded.owner;
  organizationId = seeded.organizationId;
  const attempt = await api.createAttempt(seeded.run);
  good = {
    user: owner.key,
    person: (await createSession()).token,
    dataplane: await dataplaneOf(owner.principal),
    upload: await uploadOf(owner.principal),
    run: await api.credentials.issueRunToken(attempt.id),
    attempt: attempt.secret,
  };
  bad = { ...(await listDeadOnes()), ...(await listForgedOnes()), ...(await listOtherSecrets()) };
});
afterAll(() => api.close());

async function dataplaneOf(principal: TestCaller['principal'], credentials = api.credentials) {
  return (await credentials.issueDataplaneToken(principal, workspaceId)).token;
}

async function uploadOf(principal: TestCaller['principal'], credentials = api.credentials) {
  const grant = { workspaceId, kind: 'deployment', uploadId } as const;
  return (await credentials.issueUploadToken(principal, grant)).token;
}

/** A user of the test's workspace, signed in by a session. */
async function createSession(userId = owner.userId) {
  const { sessionId: id, jwt: token } = await api.signIn.sessions.begin({ userId, client: 'test' });
  const principal = { ...owner.principal, userId, credential: { kind: 'session' as const, id } };
  return { token, principal };
}

/** Credentials that used to be valid, and the tokens issued from them. */
async function listDeadOnes(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const add = async (name: string, bearer: string, principal: TestCaller['principal']) => {
    found[name] = bearer;
    found[`the data plane token of ${name}`] = await dataplaneOf(principal);
    found[`the upload token of ${name}`] = await uploadOf(principal);
  };
  for (const state of ['expired', 'revoked'] as const) {
    const { secret, principal } = await api.createKey(owner.userId, state);
    await add(`a key that is ${state}`, secret, principal);
  }
  const revoked = await createSession();
  await api.signIn.sessions.revoke(owner.userId, revoked.principal.credential.id);
  await add('a session that was revoked', revoked.token, revoked.principal);
  const expired = await createSession();
  await setColumns(
    api.testDatabase.database,
    'sessions',
    { expiresAt: ago({ seconds: 1 }) },
    { id: expired.principal.credential.id },
  );
  await add('a session that is past its end', expired.token, expired.principal);
  const gone = await api.createCaller(
    { id: organizationId, role: 'owner' },
    { id: workspaceId, role: 'owner' },
  );
  const session = await createSession(gone.userId);
  await api.persistence.store.people.setDisabled(gone.userId, true);
  await add('a key of a disabled account', gone.key, gone.principal);
  await add('a session of a disabled account', session.token, session.principal);
  const over = await seedRun(api);
  const { id } = await api.createAttempt(over.run);
  await api.setRun(over.run.id, { status: 'completed', finishedAt: new Date() });
  found['the token of a run that is over'] = await api.credentials.issueRunToken(id);
  found['a token of an attempt'] = good.attempt;
  return found;
}

/** Valid secrets of this server that can be exchanged for a credential but are not credentials themselves. */
async function listOtherSecrets(): Promise<Record<string, string>> {
  const { sessions, swapCodes, deviceCodes } = api.signIn;
  const { refreshToken } = await sessions.begin({ userId: owner.userId, client: 'test' });
  const invited = { workspaceId, email: 'somebody@example.com', role: 'viewer' as const };
  const { invitations } = api.dependencies.services;
  const { link } = await invitations.createToWorkspace(owner.principal, invited, 'http://pumphouse.test');
  const account = { id: owner.userId, email: owner.principal.email };
  return {
    'a refresh token': refreshToken,
    'a swap code': (await swapCodes.issue(refreshToken)).code,
    'a device code': (await deviceCodes.issue('http://pumphouse.test')).deviceCode,
    'the token of an invitation': new URL(link).searchParams.get('token') ?? '',
    'the cookie of a browser': await createBrowserSessions(api.persistence).begin(account, 'password'),
  };
}

/** Forged credentials. */
async function listForgedOnes(): Promise<Record<string, string>> {
  const others = createEncryption(randomBytes(32));
  const foreign = createCredentials(api.persistence, others);
  const { id } = owner.principal.credential ?? { id: '' };
  const { id: sessionId } = (await createSession()).principal.credential;
  const person = { id: sessionId, userId: owner.userId, email: owner.principal.email };
  const claims = {
    session: sessionId,
    key: id,
    workspace: workspaceId,
    upload: uploadId,
    kind: 'deployment',
  };
  const hour = Math.floor(Date.now() / 1000) + 3600;
  const unsigned = (aud: string, alg: string) =>
    [{ alg }, { ...claims, aud, exp: hour }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.') + '.';
  const sign = (aud: string, alg: string, key: Parameters<SignJWT['sign']>[0], expires = hour) =>
    new SignJWT(claims).setProtectedHeader({ alg }).setAudience(aud).setExpirationTime(expires).sign(key);
  const { publicKey, privateKey } = api.encryption.personKeys;
  const publicBytes = publicKey.export({ format: 'der', type: 'spki' });
  const forged: Record<string, string> = {
    nonsense: 'nonsense',
    'three dots': 'a.b.c',
    'a key that never was': createKeySecret('personal').secret,
    'a workspace key that never was': createKeySecret('workspace').secret,
    'a person’s token under another secret': (await foreign.issuePersonToken(person)).token,
    'a data plane token under another secret': await dataplaneOf(owner.principal, foreign),
    'an upload token under another secret': await uploadOf(owner.principal, foreign),
    'a run token under another secret': await foreign.issueRunToken(randomUUID()),
    'a person’s token signed with the public key as a secret': await sign('api', 'HS256', publicBytes),
    'a person’s token past its end': await sign('api', 'EdDSA', privateKey, hour - 7200),
    'a person’s token for something else': await sign('dataplane', 'EdDSA', privateKey),
    'a token of an audience that nobody has': await sign('everything', 'HS256', api.encryption.tokenKey),
    'a data plane token past its end': await sign('dataplane', 'HS256', api.encryption.tokenKey, hour - 7200),
  };
  for (const audience of ['api', 'dataplane', 'upload', 'run']) {
    for (const alg of ['none', 'None', 'HS256', 'EdDSA']) {
      forged[`an unsigned token for ${audience} with alg ${alg}`] = unsigned(audience, alg);
    }
  }
  return forged;
}

async function call(route: Route, authorization: string | null) {
  const values: Record<string, string> = { workspace_id: workspaceId, organization_id: organizationId };
  const response = await api.app.inject({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? uploadId),
    ...(authorization === null ? {} : { headers: { authorization } }),
    ...(route.method === 'GET' ? {} : { payload: {} }),
  });
  const isRefused = response.statusCode >= 400;
  return { status: response.statusCode, code: isRefused ? response.json<{ code: string }>().code : null };
}

const refused = { status: 401, code: 'not_authenticated' };

describe.each(guarded.map((route) => [route.operationId, route] as const))('%s', (_id, route) => {
  it('rejects every invalid credential with the same response', async () => {
    expect(Object.keys(bad).length).toBeGreaterThan(40);
    for (const [name, bearer] of Object.entries(bad)) {
      expect({ name, ...(await call(route, `Bearer ${bearer}`)) }).toEqual({ name, ...refused });
    }
  });

  it('rejects a call without a credential, and with one that is not a bearer token', async () => {
    const key = good[route.credential];
    const none = ['', 'Bearer', 'Bearer ', key, `Basic ${key}`, `Token ${key}`, `Bearer  ${key}`];
    for (const authorization of [null, ...none]) {
      expect({ authorization, ...(await call(route, authorization)) }).toEqual({ authorization, ...refused });
    }
  });

  it('rejects credentials issued for other purposes', async () => {
    const kinds = Object.keys(good) as (keyof typeof good)[];
    // User and run tokens are for user operations; permissions.test.ts tests what they may do.
    const others = kinds.filter(
      (kind) =>
        kind !== route.credential && !(['person', 'run'].includes(kind) && route.credential === 'user'),
    );
    for (const kind of others) {
      expect({ kind, ...(await call(route, `Bearer ${good[kind]}`)) }).toEqual({ kind, ...refused });
    }
  });
});

it('covers every operation', () => {
  expect(guarded.length).toBeGreaterThan(50);
});
