import type { ApiDependencies } from '../dependencies.ts';
import type { FastifyInstance } from 'fastify';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { JobRunRecord, OrganizationRole, WorkspaceRole } from '../../store/records.ts';
import type { OpenIdSettings } from '../../services/sign-in/open-id.ts';
import type { Persistence } from '../../store/store.ts';
import type { PortRange } from '../../domain/primitives/port-range.ts';
import type { TestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import type { UserPrincipal } from '../../services/sign-in/principal.ts';
import { parseInstanceSizes } from '../../domain/attempts/instance-sizes.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { assembleApps } from '../../compose/assemble-apps.ts';
import { createAppPlaces } from '../apps/apps-wire.ts';
import { createGivePort } from '../../services/apps/give-port.ts';
import { createNamedHosts } from '../../proxy/hosts.ts';
import { createPortHosts } from '../../proxy/port-hosts.ts';
import { assemblePages } from '../../compose/assemble-pages.ts';
import { buildApi } from '../../compose/build-api.ts';
import { buildDefinition } from '../../domain/jobs/test-definition.ts';
import { createAttemptLog } from '../../services/logs/attempt-log.ts';
import { createAttemptSecrets, type AttemptSecrets } from '../../services/attempts/attempt-secrets.ts';
import { createAuthorize } from '../../services/people/authorize.ts';
import { createBeginAttempt } from '../../services/attempts/begin-attempt.ts';
import { createCancelRuns } from '../../services/runs/cancel-runs.ts';
import { createCompareVersions } from '../../services/versions/compare-versions.ts';
import { createCredentials, createKeySecret } from '../../services/sign-in/credentials.ts';
import { createDeploy } from '../../services/jobs/deploy.ts';
import { createEndUnknownRun } from '../../services/attempts/end-unknown-run.ts';
import { createEncryption } from '../../platform/encryption.ts';
import { createExplainFailure } from '../../services/runs/explain-failure.ts';
import { createFinishRun } from '../../services/runs/finish-run.ts';
import { createFolderBlobStore } from '../../blobs/folder-blob-store.ts';
import { createInvitations } from '../../services/people/invitations.ts';
import { createIngestTelemetry } from '../../services/telemetry/ingest-telemetry.ts';
import { createLogFiles } from '../../blobs/logs/log-file.ts';
import { createPersistence } from '../../store/store.ts';
import { createRecordSpool } from '../../services/attempts/record-spool.ts';
import { createRollBack } from '../../services/versions/roll-back.ts';
import { createStartRuns } from '../../services/runs/start-runs.ts';
import { databaseClock } from '../../services/scheduling/clock.ts';
import { createTestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import { createRunVariables } from '../../services/variables/run-variables.ts';
import { createUploadPackage } from '../../services/versions/upload-package.ts';
import { createSignIn } from '../../services/sign-in/sign-in.ts';
import { createTakeDelivery } from '../../services/webhooks/take-delivery.ts';
import { createVariables } from '../../services/variables/variables.ts';
import { createWebhooks } from '../../services/webhooks/webhooks.ts';
import { defaultRetention, parseRetention } from '../../domain/retention/retention-limits.ts';
import { noFaultPoints } from '../../platform/fault-points.ts';

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

/** Creates the API over its own database and real services. Nothing listens, and no supervisor runs. */
export async function createApiFixture(
  changes: Partial<ApiDependencies> = {},
  openId: OpenIdSettings | null = null,
  appPorts: PortRange | null = null,
) {
  const testDatabase = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-api-'));
  const parts = createParts(testDatabase, { folder, changes, openId, appPorts });
  const { persistence, app } = parts;
  await app.ready();
  return {
    ...parts,
    ...createSeeding(testDatabase, persistence, parts.dependencies.attemptSecrets),
    folder,
    testDatabase,
    async close() {
      await app.close();
      await testDatabase.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function createParts(
  testDatabase: TestDatabase,
  place: {
    folder: string;
    changes: Partial<ApiDependencies>;
    openId: OpenIdSettings | null;
    appPorts: PortRange | null;
  },
) {
  const { folder, changes, openId, appPorts } = place;
  const log = pino({ level: 'silent' });
  const persistence = createPersistence(testDatabase.database);
  const olderSecretKey = randomBytes(32);
  const encryption = createEncryption({ current: randomBytes(32), others: [olderSecretKey] });
  const credentials = createCredentials(persistence, encryption);
  const attemptSecrets = createAttemptSecrets(encryption);
  const blobs = createFolderBlobStore(join(folder, 'blobs'));
  const logFiles = createLogFiles(join(folder, 'logs'));
  const attemptLog = createAttemptLog(persistence, logFiles);
  const ingestTelemetry = createIngestTelemetry({ persistence, blobs, log });
  const startRuns = createStartRuns(persistence, databaseClock);
  const faultPoints = noFaultPoints;
  const finishRun = createFinishRun({
    persistence,
    startRuns,
    attemptLog,
    explainFailure: createExplainFailure({ persistence, logFiles, log }),
    faultPoints,
    announce: (id) => attemptLog.announce(id),
  });
  const webhooks = createWebhooks(persistence, encryption);
  const cancelRuns = createCancelRuns(persistence, finishRun, attemptLog);
  const recordSpool = createRecordSpool({
    persistence,
    attemptLog,
    blobs,
    finishRun,
    ingestTelemetry,
    instanceSizes: parseInstanceSizes(''),
    faultPoints,
  });
  const invitations = createInvitations({ persistence, encryption, sendsMail: false });
  const signIn = createSignIn({ persistence, credentials, encryption });
  const uploadDir = join(folder, 'uploads');
  const authorize = createAuthorize(persistence);
  const apps = assembleApps({
    persistence,
    authorize,
    services: { encryption, credentials, signIn },
    origins: () =>
      appPorts
        ? createPortHosts({ serverUrl, ports: appPorts, barePort: 8090 })
        : createNamedHosts(null, 8090),
    serverUrl: () => serverUrl,
    givePort: createGivePort(appPorts),
    onTaken: () => undefined,
  });
  const dependencies: ApiDependencies = {
    persistence,
    credentials,
    attemptSecrets,
    authorize,
    attemptLog,
    logFiles,
    blobs,
    uploadDir,
    maxUploadBytes,
    publicUrl: null,
    retention: parseRetention(defaultRetention),
    log,
    apps: createAppPlaces(apps.addresses),
    consoleFiles: null,
    pages: assemblePages({
      openId,
      persistence,
      services: { encryption, signIn, invitations },
      openApp: apps.openApp,
      log,
    }),
    services: {
      apps,
      clock: databaseClock,
      startRuns,
      deploy: createDeploy(persistence, cancelRuns, { startRuns, webhooks }),
      cancelRuns,
      endUnknownRun: createEndUnknownRun(persistence, finishRun, attemptLog),
      recordSpool,
      beginAttempt: createBeginAttempt({
        persistence,
        blobs,
        encryption,
        credentials,
        readRunVariables: createRunVariables(persistence, encryption),
        apiUrl: () => 'http://127.0.0.1:8080',
      }),
      compareVersions: createCompareVersions({ persistence, blobs, encryption }),
      rollBack: createRollBack({ persistence, blobs, encryption }),
      uploadPackage: createUploadPackage({
        persistence,
        blobs,
        encryption,
        archiveLimits: {
          maxBytes: maxUploadBytes,
          maxUnpackedBytes: 1024 * 1024,
          maxEntries: 100,
          maxManifestBytes: 1024 * 1024,
        },
      }),
      signIn,
      variables: createVariables(persistence, encryption),
      webhooks,
      invitations,
      takeDelivery: createTakeDelivery({ persistence, webhooks, startRuns, clock: databaseClock }),
    },
    readiness: async () => ({ ok: true, reasons: [], loops: [], load: null }),
    ...changes,
  };
  const app: FastifyInstance = buildApi(dependencies);
  return {
    app,
    dependencies,
    persistence,
    /** A previous key with which `encryption` still decrypts. */
    olderSecretKey,
    encryption,
    credentials,
    signIn: dependencies.services.signIn,
    attemptLog,
    blobs,
    finishRun,
    startRuns,
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
    await store.keys.create({
      kind: 'personal',
      secretHash: hash,
      prefix,
      userId,
      issuedBy: userId,
      validDays: 1,
    });
    const set = {
      good: 'prefix = prefix',
      expired: `expires_at = now() - interval '1 s'`,
      revoked: 'revoked_at = now()',
    };
    const row = await database.one<{ id: string; email: string }>(
      `update api_keys set ${set[state]} from users where users.id = api_keys.user_id and secret_hash = $1
       returning api_keys.id, users.email`,
      [hash],
    );
    const principal: UserPrincipal = {
      userId,
      email: row.email,
      credential: { kind: 'key', id: row.id },
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
  async function createPlace() {
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

  /** Sets columns of a run, such as its status, in place of a supervisor. */
  async function setRun(jobRunId: string, assignments: string): Promise<void> {
    await database.execute(`update job_runs set ${assignments}, updated_at = now() where id = $1`, [
      jobRunId,
    ]);
  }

  /**
   * Creates the next attempt of a run, as if a supervisor had claimed it.
   * @returns the id and the attempt's secret
   */
  async function createAttempt(run: JobRunRecord): Promise<TestAttempt> {
    const { secret, credential } = attemptSecrets.create(run.id);
    await setRun(run.id, `status = 'starting', claim_number = claim_number + 1`);
    const claimed = await store.jobRuns.find(run.id);
    const claim = { jobRunId: run.id, claimNumber: claimed?.claimNumber ?? 0 };
    const attempt = await store.attempts.insert(claim, 'fake', credential);
    if (!attempt) throw new Error('The attempt was not made');
    await setRun(run.id, `status = 'running', started_at = coalesce(started_at, now())`);
    return { id: attempt.id, secret };
  }

  return { createOrganization, createKey, createCaller, createPlace, createPackages, createAttempt, setRun };
}

/** A definition as the client could send it. */
export function defineJob(jobRef: string, keys: Partial<JobDefinition> = {}): JobDefinition {
  return buildDefinition({ job_ref: jobRef, ...keys });
}
