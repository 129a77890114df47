import type { ApiFixture } from '../testing/api-fixture.ts';
import type { OrganizationStorageResponse } from '@pumphouse/contract';
import type { TemplateStatus } from '../../executors/contract/template-store.ts';
import { randomUUID } from 'node:crypto';
import { createReadOrganizationTemplates } from '../../services/workspaces/read-organization-templates.ts';
import { toOrganizationStorage } from './storage-serializers.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { parseRetention } from '../../domain/retention/retention-limits.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { runnerLine } from '../../domain/logs/log-line.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';
import { sealLog } from '../../services/testing/seal-log.ts';

const nothing = { count: 0, bytes: 0, oldest: null, maxAgeSeconds: 60 };
let api: ApiFixture;

beforeAll(async () => {
  api = await createApiFixture({ retention: parseRetention('logs=30d/10GB,traces=off') });
});
afterAll(() => api.close());

async function readKinds(
  organizationId: string,
  key: string,
): Promise<Map<string, OrganizationStorageResponse['kinds'][number]>> {
  const url = `/pumphouse/v1/organizations/${organizationId}/storage`;
  const response = await api.app.inject({ url, headers: { authorization: `Bearer ${key}` } });
  const answer = readAnswer('get_organization_storage', response);
  expect(answer).toMatchObject({
    organization_id: organizationId,
    limits_setting: 'PUMPHOUSE_RETENTION',
    templates: [],
  });
  return new Map(answer.kinds.map((kind) => [kind.kind, kind]));
}

/**
 * Creates a workspace with a run that has a packed log, a trace and a state, and an environment of its
 * organization.
 */
async function fill() {
  const seeded = await seedRun(api);
  const { store } = api.persistence;
  const workspace = await store.workspaces.get(seeded.workspaceId);
  const organizationId = workspace?.organizationId ?? '';
  const { id } = await api.createAttempt(seeded.run);
  await api.attemptLog.write(seeded.run.id, id, [runnerLine('working', new Date())]);
  const records = (['trace', 'state'] as const).map((type, n) => {
    const body = readCapturedBody(type === 'trace' ? 'ok/002-trace' : 'ok/001-state');
    return { n, kind: 'beacon', at: '2026-03-10T10:00:00Z', type, body: JSON.stringify(body) };
  });
  const spool = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  await api.services.recordSpool.record(id, 0, Buffer.from(spool));
  await setAttempt(api.testDatabase.database, id, { begunBy: 'nonce', begunAt: new Date() });
  await api.finishRun(seeded.run.id, { status: 'completed' });
  await sealLog({ logFiles: api.logFiles, store }, id);
  const storedBytes = (await api.logFiles.seal(id, { toBytes: 0 }, store.logChunks))?.storedBytes;
  const environment = { key: randomUUID(), organizationId, pythonVersion: '3.12', requirements: [] };
  await store.environments.takeBuild(environment, 'builder', 60, { replaceReady: false });
  const location = { executor: 'fake', path: environment.key };
  await store.environments.finishBuild(environment.key, 'builder', { location });
  await store.storage.environments.saveSize(environment.key, location.path, 1234);
  const { workspaceId, run } = seeded;
  const pending = {
    pipelineName: 'shop',
    schemaName: null,
    step: 'extracted',
    tableNames: [],
    rowCounts: [],
  } as const;
  const counts = {
    sizeBytes: 1200,
    jobsLeft: 1,
    jobsDone: 0,
    tries: 0,
    createdAt: new Date(),
    attemptId: id,
  };
  const scope = { workspaceId, profile: run.profile, workerId: null, jobRunId: run.id };
  const packages = ['1', '2'].map((loadId) => ({
    ...pending,
    ...counts,
    loadId,
    tableNames: [],
    rowCounts: [],
  }));
  await store.pendingPackages.save(scope, packages);
  await store.pendingPackages.end(scope, [{ pipelineName: 'shop', loadId: '2', state: 'finished' }]);
  return { ...seeded, organizationId, storedBytes };
}

it("reports the storage of an organization and of no other, by kind, with the server's limits", async () => {
  const filled = await fill();
  await fill();
  const kinds = await readKinds(filled.organizationId, filled.owner.key);
  expect(Object.fromEntries([...kinds].map(([kind, { count, bytes }]) => [kind, [count, bytes]]))).toEqual({
    runs: [1, null],
    logs: [1, filled.storedBytes],
    traces: [1, expect.any(Number) as number],
    beacons: [1, expect.any(Number) as number],
    // Ten bytes each: one for code and one for configuration.
    packages: [2, 20],
    environments: [1, 1234],
    caches: [null, null],
    audit: [expect.any(Number) as number, null],
    'alert-deliveries': [0, null],
    'pending-packages': [1, 1200],
  });
  expect(kinds.get('traces')?.bytes).toBeGreaterThan(0);
  expect(kinds.get('logs')).toMatchObject({ max_age_seconds: 30 * 86_400, max_bytes: 10 * 1024 ** 3 });
  expect(kinds.get('traces')).toMatchObject({ max_age_seconds: null, max_bytes: null });
  expect(Date.parse(kinds.get('runs')?.oldest_at ?? '')).toBeGreaterThan(Date.now() - 60_000);
});

it("reports templates of an organization's workspaces and of no other, the one used last first", async () => {
  const [own, other] = [await seedRun(api), await seedRun(api)];
  const startedAt = new Date('2026-03-10T10:00:00Z');
  const describe = (workspaceId: string, profile: string, minutes: number): TemplateStatus => ({
    workspaceId,
    profile,
    environment: '/environments/one',
    startedAt,
    runs: 3,
    memoryBytes: 1024,
    lastUsedAt: new Date(startedAt.getTime() + minutes * 60_000),
  });
  const list = () => [
    describe(own.workspaceId, 'prod', 1),
    describe(other.workspaceId, 'prod', 2),
    describe(own.workspaceId, 'dev', 3),
  ];
  const workspace = await api.persistence.store.workspaces.get(own.workspaceId);
  const readTemplates = createReadOrganizationTemplates(api.persistence, { list });
  expect(
    toOrganizationStorage('', {
      kinds: [],
      pending: nothing,
      templates: await readTemplates(workspace?.organizationId ?? ''),
    }),
  ).toMatchObject({
    templates: [
      { profile: 'dev', last_used_at: '2026-03-10T10:03:00.000Z' },
      { profile: 'prod', workspace_id: own.workspaceId, workspace_name: workspace?.name, runs: 3 },
    ],
  });
});

it('reports nothing for an empty organization', async () => {
  const { organization, owner } = await api.createWorkspaceFixture();
  const kinds = await readKinds(organization.id, owner.key);
  for (const kind of ['runs', 'logs', 'traces', 'beacons', 'packages', 'environments'])
    expect(kinds.get(kind)).toMatchObject({ count: 0, oldest_at: null });
});

it('does not report an environment as empty before it is measured', async () => {
  const { organization, owner } = await api.createWorkspaceFixture();
  const { environments } = api.persistence.store;
  const environment = {
    key: randomUUID(),
    organizationId: organization.id,
    pythonVersion: '3.12',
    requirements: [],
  };
  const location = { executor: 'fake', path: `/environments/${environment.key}` };
  await environments.takeBuild(environment, 'builder', 60, { replaceReady: false });
  await environments.finishBuild(environment.key, 'builder', { location });
  const kinds = await readKinds(organization.id, owner.key);
  expect(kinds.get('environments')).toMatchObject({ count: 1, bytes: null });
});

it('counts an archive once that two versions share', async () => {
  const filled = await fill();
  await api.createPackages(filled.workspaceId, filled.owner.membershipId);
  const kinds = await readKinds(filled.organizationId, filled.owner.key);
  expect(kinds.get('packages')).toMatchObject({ count: 2, bytes: 20 });
});
