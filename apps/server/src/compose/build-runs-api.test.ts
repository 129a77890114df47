import type { ApiFixture, TestAttempt } from '../api/testing/api-fixture.ts';
import type { FastifyInstance } from 'fastify';
import type { Route } from '@pumphouse/contract';
import type { SeededRun } from '../api/testing/seed-run.ts';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routes } from '@pumphouse/contract';
import { buildRunsApi } from './build-runs-api.ts';
import { createKeys } from '../services/keys/keys.ts';
import { callAsAttempt } from '../api/testing/attempt-calls.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createKeySecret } from '../services/sign-in/credentials.ts';
import { seedRun } from '../api/testing/seed-run.ts';

const table: Route[] = [...routes];
const forRuns = table.filter((route) => route.credential === 'user');
const others = table.filter((route) => route.credential !== 'user');
const anyId = '11111111-1111-4111-8111-111111111111';
const runsOnly = { status: 403, code: 'runs_only' };
const notAuthenticated = { status: 401, code: 'not_authenticated' };

let api: ApiFixture;
let runsApp: FastifyInstance;
let seeded: SeededRun;
let attempt: TestAttempt;
let runToken: string;
/** One valid credential of each other kind, all owned by the owner of the workspace. */
let foreign: Record<string, string>;

beforeAll(async () => {
  api = await createApiFixture();
  runsApp = buildRunsApi(api.dependencies);
  await runsApp.ready();
  seeded = await seedRun(api);
  attempt = await api.createAttempt(seeded.run);
  runToken = await api.credentials.issueRunToken(attempt.id);
  foreign = await createForeignCredentials();
});
afterAll(async () => {
  await runsApp.close();
  await api.close();
});

async function createForeignCredentials(): Promise<Record<string, string>> {
  const { owner, workspaceId } = seeded;
  const workspaceKey = await createKeys(api.persistence).create({
    email: owner.principal.email,
    days: 1,
    workspace: { id: workspaceId, role: 'developer' },
  });
  const grant = { workspaceId, uploadId: anyId };
  const issueUpload = (kind: 'deployment' | 'configuration') =>
    api.credentials.issueUploadToken(owner.principal, { ...grant, kind });
  return {
    'a personal key': owner.key,
    'a workspace key': workspaceKey,
    'a key that never was': createKeySecret('personal').secret,
    'a data plane token': seeded.token,
    'the token of an upload of code': (await issueUpload('deployment')).token,
    'the token of an upload of a configuration': (await issueUpload('configuration')).token,
    'a token for something else': await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience('session')
      .sign(new Uint8Array(32)),
  };
}

function fill(path: string): string {
  const values: Record<string, string> = { workspace_id: seeded.workspaceId };
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? anyId);
}

async function call(
  app: FastifyInstance,
  { method, path }: { method: Route['method']; path: string },
  bearer: string | null,
) {
  const response = await app.inject({
    method,
    url: fill(path),
    ...(bearer === null ? {} : { headers: { authorization: `Bearer ${bearer}` } }),
    ...(method === 'GET' ? {} : { payload: {} }),
  });
  const { code } = response.json<{ code?: string }>();
  return { status: response.statusCode, ...(code === undefined ? {} : { code }) };
}

describe.each(forRuns.map((route) => [route.operationId, route] as const))('%s', (_id, route) => {
  it('accepts a run token, as everywhere else', async () => {
    const answer = await call(runsApp, route, runToken);
    expect(answer).toEqual(await call(api.app, route, runToken));
    expect(answer.code).not.toBe('runs_only');
  });

  it('rejects every other credential, even one that is valid elsewhere', async () => {
    for (const [kind, bearer] of Object.entries(foreign)) {
      expect(await call(runsApp, route, bearer), kind).toEqual(runsOnly);
    }
  });

  it("rejects a call without a credential, with an invalid one, and with a bootstrap's token", async () => {
    for (const bearer of [null, 'nonsense', 'a.b.c', attempt.secret]) {
      expect(await call(runsApp, route, bearer)).toEqual(notAuthenticated);
    }
  });
});

describe.each(others.map((route) => [route.operationId, route] as const))('%s', (_id, route) => {
  it('is not served at all', async () => {
    for (const bearer of [null, runToken, attempt.secret, ...Object.values(foreign)]) {
      expect(await call(runsApp, route, bearer)).toEqual(runsOnly);
    }
  });
});

describe('the token of a finished run', () => {
  it('is rejected', async () => {
    const over = await seedRun(api);
    const { id } = await api.createAttempt(over.run);
    const token = await api.credentials.issueRunToken(id);
    await api.setRun(over.run.id, { status: 'cancelled', finishedAt: new Date() });
    const [route] = forRuns;
    expect(route && (await call(runsApp, route, token))).toEqual(notAuthenticated);
  });
});

describe('routes outside the contract', () => {
  it('report liveness', async () => {
    expect((await runsApp.inject('/healthz')).statusCode).toBe(200);
  });

  it.each(['/readyz', '/openapi.json', '/metrics', '/', '/console', '/hooks/a', '/pumphouse/v1/apps'])(
    'do not include %s',
    async (path) => {
      for (const bearer of [null, runToken, seeded.owner.key]) {
        expect(await call(runsApp, { method: 'GET', path }, bearer)).toEqual(runsOnly);
      }
    },
  );

  it('do not read a body that is rejected', async () => {
    const response = await runsApp.inject({
      method: 'POST',
      url: '/nowhere',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      payload: 'no multipart',
    });
    expect(response.json()).toMatchObject({ code: 'runs_only' });
  });

  it('return a URL at which the run reaches the server', async () => {
    const app = buildRunsApi({
      ...api.dependencies,
      publicUrl: 'https://pumphouse.example.com',
      readAllowedHosts: () => ['10.89.0.1'],
    });
    const response = await app.inject({
      url: fill('/api/v1/workspaces/{workspace_id}'),
      headers: { authorization: `Bearer ${runToken}`, host: '10.89.0.1:8081' },
    });
    expect(response.statusCode).toBe(200);
    expect(response.body).not.toContain('pumphouse.example.com');
    await app.close();
  });
});

describe.each([
  ['POST', '-begin'],
  ['GET', 'code'],
  ['GET', 'configuration'],
  ['POST', '-spool?offset=0'],
] as const)('the attempt route %s %s', (method, path) => {
  const routeOf = (id: string) => ({ method, path: `/pumphouse/v1/attempts/${id}/${path}` });

  it('accepts the bootstrap of the attempt, as everywhere else', async () => {
    const call = async (app: FastifyInstance) => callAsAttempt(app, attempt, { method, route: path });
    const [here, elsewhere] = [await call(runsApp), await call(api.app)];
    expect(here.isProved).toBe(true);
    expect([401, 403]).not.toContain(here.statusCode);
    expect(here.statusCode).toBe(elsewhere.statusCode);
  });

  it('rejects every other credential', async () => {
    const other = await api.createAttempt((await seedRun(api)).run);
    const bearers = [null, 'nonsense', attempt.secret, other.secret, runToken, ...Object.values(foreign)];
    for (const bearer of bearers) {
      expect(await call(runsApp, routeOf(attempt.id), bearer)).toEqual(notAuthenticated);
    }
  });
});
