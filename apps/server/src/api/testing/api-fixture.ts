import type { ApiDependencies } from '../dependencies.ts';
import type { FastifyInstance } from 'fastify';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { JobRunRecord, OrganizationRole, WorkspaceRole } from '../../store/records.ts';
import type { OpenIdSettings } from '../../services/sign-in/open-id.ts';
import type { Persistence } from '../../store/store.ts';
import type { PortRange } from '../../domain/primitives/port-range.ts';
import type { RunColumns } from '../../store/postgres/testing/runs.ts';
import type { TestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import type { UserPrincipal } from '../../services/sign-in/principal.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { openTestLocalData } from './local-data-files.ts';
import { createAppUrls } from '../apps/apps-serializers.ts';
import { createNamedHosts } from '../../proxy/hosts.ts';
import { createPortHosts } from '../../proxy/port-hosts.ts';
import { buildApi } from '../../compose/build-api.ts';
import { buildDefinition } from '../../domain/jobs/test-definition.ts';
import { type AttemptSecrets } from '../../services/attempts/attempt-secrets.ts';
import { createKeySecret } from '../../services/sign-in/credentials.ts';
import { createEncryption } from '../../platform/encryption.ts';
import { createTestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import type { RetentionLimits } from '../../domain/retention/retention-limits.ts';
import { createTestSystem } from './test-system.ts';
import { createServices } from '../../services/create-services.ts';
import { createTestPorts, testArchiveLimits } from '../../services/testing/test-ports.ts';
import { selectPageServices } from '../../compose/page-services.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';
import { claimRun, setRun as setRunIn } from '../../store/postgres/testing/runs.ts';
import { expireKey } from '../../store/postgres/testing/keys.ts';

/** A caller with a valid key. */
export interface TestCaller {
  key: string;
  userId: string;
  membershipId: string;
  principal: UserPrincipal;
}

/** An attempt whose bootstrap the test simulates. */
export interface TestAttempt {
  id: string;
  secret: string;
}

export type ApiFixture = Awaited<ReturnType<typeof createApiFixture>>;

export const maxUploadBytes = 64 * 1024;

const serverUrl = 'http://127.0.0.1:8080';

export interface ApiFixtureOptions extends Partial<Omit<ApiDependencies, 'services' | 'pages' | 'apps'>> {
  /** The provider that users sign in with; none by default. */
  openId?: OpenIdSettings;
  /** The ports of apps, if each has its own. */
  appPorts?: PortRange;
  retention?: RetentionLimits;
  /** How often to check that subscribers to events still have access. */
  streamCheckMs?: number;
}

/** Creates the API over its own database and real services. Nothing listens, and no supervisor runs. */
export async function createApiFixture(options: ApiFixtureOptions = {}) {
  const testDatabase = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-api-'));
  const parts = createParts(testDatabase, folder, options);
  const { persistence, app, services } = parts;
  await app.ready();
  return {
    ...parts,
    ...createSeeding(testDatabase, persistence, services.attemptSecrets),
    folder,
    testDatabase,
    async close() {
      await app.close();
      await testDatabase.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function createParts({ database }: TestDatabase, folder: string, options: ApiFixtureOptions) {
  const { openId = null, appPorts = null, retention, streamCheckMs, ...changes } = options;
  const olderSecretKey = randomBytes(32);
  const ports = createTestPorts(database, folder, {
    executor: { ...createFakeExecutor(), localDataFiles: openTestLocalData(folder) },
    encryption: createEncryption({ current: randomBytes(32), others: [olderSecretKey] }),
    addresses: {
      serverUrl: () => serverUrl,
      apiUrl: () => serverUrl,
      appOrigins: () =>
        appPorts
          ? createPortHosts({ serverUrl, ports: appPorts, barePort: 8090 })
          : createNamedHosts(null, 8090),
    },
    settings: {
      archiveLimits: { ...testArchiveLimits, maxBytes: maxUploadBytes, maxManifestBytes: 1024 * 1024 },
      openId,
      appPorts,
      ...(retention && { readRetention: () => retention }),
      ...(streamCheckMs !== undefined && { streamCheckMs }),
      ...(options.streamIdleMs !== undefined && { streamIdleMs: options.streamIdleMs }),
    },
  });
  const services = createServices(ports);
  const uploadDir = join(folder, 'uploads');
  const dependencies: ApiDependencies = {
    services,
    pages: selectPageServices(services, ports),
    apps: createAppUrls(services.apps.addresses),
    acceptWorker: async (webSocket) => webSocket.terminate(),
    uploadDir,
    maxUploadBytes,
    publicUrl: null,
    consoleFiles: null,
    docsFolder: '/nowhere',
    log: ports.log,
    readiness: async () => ({
      ok: true,
      reasons: [],
      loops: [],
      templates: null,
      degraded: [],
      load: null,
      ticks: null,
    }),
    readBacklog: () => services.readBacklog(),
    readSystem: createTestSystem(ports.persistence, services),
    ...changes,
  };
  const app: FastifyInstance = buildApi(dependencies);
  return {
    ...ports,
    app,
    dependencies,
    services,
    /** A previous key with which `encryption` still decrypts. */
    olderSecretKey,
    credentials: services.credentials,
    signIn: services.signIn,
    attemptLog: services.attemptLog,
    finishRun: services.finishRun,
    startRuns: services.startRuns,
    uploadDir,
  };
}

/** Creates the rows that tests start from. */
function createSeeding({ database }: TestDatabase, persistence: Persistence, attemptSecrets: AttemptSecrets) {
  const { store } = persistence;

  async function createOrganization(name = 'Acme') {
    return store.people.createOrganization({ name, dataplaneId: 'local' });
  }

  /** Creates a key of the user; `state` can make it invalid. */
  async function createKey(userId: string, state: 'good' | 'expired' | 'revoked' = 'good') {
    const { secret, hash, prefix } = createKeySecret('personal');
    const id = await store.keys.create({
      kind: 'personal',
      secretHash: hash,
      prefix,
      userId,
      issuedBy: userId,
      validDays: 1,
    });
    if (state === 'revoked') await store.keys.revoke(id);
    if (state === 'expired') await expireKey(database, id, ago({ seconds: 1 }));
    const user = await store.people.getUser(userId);
    const principal: UserPrincipal = {
      userId,
      email: user?.email ?? '',
      credential: { kind: 'key', id },
      workspaceId: null,
      kind: 'user',
    };
    return { secret, principal };
  }

  /** Creates a user with a role in an organization and, optionally, in a workspace. */
  async function createCaller(
    organization: { id: string; role: OrganizationRole },
    workspace?: { id: string; role: WorkspaceRole },
  ): Promise<TestCaller> {
    const email = `${randomUUID()}@example.com`;
    const user = await store.people.createUser({ email, kind: 'human', passwordHash: null });
    const membership = await store.people.addMember(organization.id, user.id, organization.role);
    if (workspace) await store.workspaces.addMember(workspace.id, membership.id, workspace.role);
    const { secret, principal } = await createKey(user.id);
    return { key: secret, userId: user.id, membershipId: membership.id, principal };
  }

  /** Creates an organization with a workspace, and an owner of both. */
  async function createWorkspaceFixture() {
    const organization = await createOrganization();
    const workspace = await store.workspaces.create({
      organizationId: organization.id,
      name: 'W',
      description: null,
    });
    const owner = await createCaller(
      { id: organization.id, role: 'owner' },
      { id: workspace.id, role: 'owner' },
    );
    return { organization, workspace, owner };
  }

  /**
   * Creates a deployment and a configuration without archives, which is enough for runs that are never
   * executed.
   */
  async function createPackages(workspaceId: string, membershipId: string) {
    const common = {
      workspaceId,
      contentHash: 'hash',
      olderContentHash: null,
      archiveSha256: 'sha',
      fileCount: 1,
      sizeBytes: 10,
      files: [{ relative_path: 'a.py', size_bytes: 3, sha3_256: 'abc=' }],
      createdBy: membershipId,
    };
    const deployment = await store.deployments.insert({
      ...common,
      id: randomUUID(),
      archiveKey: 'deployments/a.tar.gz',
      requirements: {},
      requirementsSizeBytes: 2,
      hasEmbeddedDatabase: false,
      tags: [],
      tagsProblem: null,
    });
    const configuration = await store.configurations.insert({
      ...common,
      id: randomUUID(),
      archiveKey: 'configurations/a.tar.gz.sealed',
      runSettings: {},
      profiles: ['prod'],
    });
    return { deployment, configuration };
  }

  const setRun = (jobRunId: string, columns: RunColumns) =>
    setRunIn(database, jobRunId, { updatedAt: new Date(), ...columns });

  /**
   * Creates the next attempt of a run, as if a supervisor had claimed it.
   * @returns the id and the attempt's secret
   */
  async function createAttempt(run: JobRunRecord): Promise<TestAttempt> {
    const { secret, credential } = attemptSecrets.create(run.id);
    const claim = await claimRun(database, run.id);
    const attempt = await store.attempts.insert(claim, 'fake', {
      ...credential,
      limits: { cores: 2, memoryBytes: 4 * 1024 ** 3 },
    });
    if (!attempt) throw new Error('The attempt was not made');
    const { startedAt } = (await store.jobRuns.find(run.id)) ?? run;
    await setRun(run.id, { status: 'running', startedAt: startedAt ?? new Date() });
    return { id: attempt.id, secret };
  }

  return {
    createOrganization,
    createKey,
    createCaller,
    createWorkspaceFixture,
    createPackages,
    createAttempt,
    setRun,
  };
}

/** A definition as the client could send it. */
export function defineJob(jobRef: string, keys: Partial<JobDefinition> = {}): JobDefinition {
  return buildDefinition({ job_ref: jobRef, ...keys });
}
