import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { createKeys } from '../../services/keys/keys.ts';
import { createTestSystem } from '../testing/test-system.ts';
import { problem, toResult } from '../../domain/doctor/check-result.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { eventually } from '../../../../../testing/fixtures/eventually.ts';

const lateSince = new Date('2026-03-01T00:00:00Z');
let api: ApiFixture;
/** The first organization of the installation, and a later one. */
let first: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
let second: typeof first;
let examinations = 0;

beforeAll(async () => {
  api = await createApiFixture({ readSystem: () => readSystem() });
  first = await api.createWorkspaceFixture();
  second = await api.createWorkspaceFixture();
});
afterAll(() => api.close());

let readSystem: ReturnType<typeof createTestSystem>;
beforeEach(() => {
  examinations = 0;
  readSystem = createTestSystem(api.persistence, api.services, {
    async readState() {
      const loop = { name: 'ticks', intervalMs: 1000, readyWithinMs: 30_000, failureCount: 4 };
      const loops = [{ ...loop, startedAt: lateSince, lastSuccessAt: null }];
      return { isReady: false, problems: ['ticks: late'], load: null, loops, disk: null };
    },
    async examine() {
      examinations += 1;
      return [toResult('uv', problem('uv is missing.', 'Run: npm run setup'))];
    },
    listRecentErrors: () => [
      { level: 'error', message: 'late', error: 'boom', count: 2, firstAt: lateSince, lastAt: lateSince },
    ],
  });
});

const call = (bearer: string | null, url = '/pumphouse/v1/system') =>
  api.app.inject({ url, headers: bearer === null ? {} : { authorization: `Bearer ${bearer}` } });

describe('get_system', () => {
  it('describes the server and the installation for an owner of the first organization', async () => {
    await api.services.workers.create(second.organization.id, 'edge-1');
    const system = readAnswer('get_system', await call(first.owner.key));
    expect(system).toMatchObject({
      installation_id: (await api.persistence.store.installation.get()).id,
      server: { version: '1.2.3', host_name: 'machine', roles: ['api', 'scheduler', 'supervisor'] },
      executor: { name: 'fake', works: true },
      is_ready: false,
      problems: ['ticks: late'],
      loops: [{ name: 'ticks', state: 'late', interval_seconds: 1, last_success_at: null, failures: 4 }],
      recent_errors: [{ level: 'error', message: 'late', error: 'boom', count: 2 }],
      checks: [
        {
          id: 'uv',
          area: 'executor',
          title: 'uv',
          status: 'problem',
          found: 'uv is missing.',
          next_step: 'Run: npm run setup',
        },
      ],
    });
    // Workers of all organizations are listed.
    expect(system.workers.map(({ name }) => name)).toEqual(['edge-1']);
    // A call that waits for a slow measurement in vain answers without it.
    const storage = await eventually(
      'the storage is measured',
      async () => readAnswer('get_system', await call(first.owner.key)).storage,
    );
    expect(storage.find(({ kind }) => kind === 'runs')).toMatchObject({ count: 0 });
    expect(system.database).toMatchObject({ version: expect.stringMatching(/^\d+\./) });
  });

  it('answers although the executor does not', async () => {
    const hangs = { probeExecutor: () => new Promise<never>(() => undefined) };
    readSystem = createTestSystem(api.persistence, api.services, hangs);
    const { executor } = readAnswer('get_system', await call(first.owner.key));
    expect(executor).toMatchObject({ works: false, detail: 'It has not answered for 5 s.' });
  });

  it('runs the checks once for several calls', async () => {
    await Promise.all([call(first.owner.key), call(first.owner.key)]);
    await call(first.owner.key);
    expect(examinations).toBe(1);
  });

  it.each<[string, () => Promise<string>]>([
    ['an owner of another organization', async () => second.owner.key],
    ['a member of the first organization', () => createMember('member')],
    ['a collaborator of the first organization', () => createMember('collaborator')],
    [
      'a workspace key of its owner',
      async () => {
        const wanted = { name: 'CI', days: null, role: 'developer' } as const;
        const keys = createKeys(api.persistence);
        return (await keys.createOfWorkspace(first.owner.principal, first.workspace.id, wanted)).secret;
      },
    ],
  ])('rejects %s, and runs no checks', async (_, createBearer) => {
    const response = await call(await createBearer());
    expect(response.statusCode).toBe(403);
    expect(response.json()).toMatchObject({ code: 'forbidden' });
    expect(examinations).toBe(0);
  });

  it('rejects a caller without a credential', async () => {
    expect((await call(null)).statusCode).toBe(401);
  });

  it('rejects an owner of the first organization who was made a member', async () => {
    const former = await api.createCaller({ id: first.organization.id, role: 'owner' });
    expect((await call(former.key)).statusCode).toBe(200);
    await api.testDatabase.database.execute(
      `update organization_memberships set role = 'member' where id = $1`,
      [former.membershipId],
    );
    expect((await call(former.key)).statusCode).toBe(403);
  });
});

describe('get_installation_access', () => {
  const url = '/pumphouse/v1/account/installation-access';

  it.each<[string, () => TestCaller, boolean]>([
    ['an owner of the first organization', () => first.owner, true],
    ['an owner of another organization', () => second.owner, false],
  ])('tells %s whether they own the installation', async (_, readCaller, expected) => {
    const access = readAnswer('get_installation_access', await call(readCaller().key, url));
    expect(access).toEqual({ is_installation_owner: expected });
  });
});

async function createMember(role: 'member' | 'collaborator'): Promise<string> {
  return (await api.createCaller({ id: first.organization.id, role })).key;
}
