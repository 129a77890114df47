import type { FaultPointName, FaultPoints } from '../../fault-points.ts';
import { parseInstanceSizes } from '../../domain/instance-sizes.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { createAttemptLog } from '../attempt-log.ts';
import { createAttemptSecrets } from '../attempt-secrets.ts';
import { createBeginAttempt } from '../begin-attempt.ts';
import { createCancelRuns } from '../cancel-runs.ts';
import { createCompareVersions } from '../compare-versions.ts';
import { createCredentials } from '../credentials.ts';
import { createDeploy } from '../deploy.ts';
import { createEndUnknownRun } from '../end-unknown-run.ts';
import { createEncryption } from '../encryption.ts';
import { createExplainFailure } from '../explain-failure.ts';
import { createFinishRun } from '../finish-run.ts';
import { createFolderBlobStore } from '../../blobs/folder-blob-store.ts';
import { createInvitations } from '../invitations.ts';
import { createIngestTelemetry } from '../ingest-telemetry.ts';
import { createKeys } from '../keys.ts';
import { createLogFiles } from '../../blobs/log-file.ts';
import { createMembers } from '../members.ts';
import { createOrganizations } from '../organizations.ts';
import { createPersistence } from '../../store/store.ts';
import { createReleaseQueued } from '../release-queued.ts';
import { createRecordSpool } from '../record-spool.ts';
import { createRollBack } from '../roll-back.ts';
import { createStartRuns } from '../start-runs.ts';
import { createSwitchJobs } from '../switch-jobs.ts';
import { createTestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import { createRunVariables } from '../run-variables.ts';
import { createUploadPackage } from '../upload-package.ts';
import { createSignIn } from '../sign-in/sign-in.ts';
import { createTakeDelivery } from '../take-delivery.ts';
import { createVariables } from '../variables.ts';
import { createWebhooks } from '../webhooks.ts';
import { createWorkspaceMembers } from '../workspace-members.ts';
import { createWorkspaces } from '../workspaces.ts';

export type ServiceFixture = Awaited<ReturnType<typeof createServiceFixture>>;

/** What `clock.now` is unless a test sets it. */
export const noon = new Date('2026-03-10T12:30:00Z');

/** All services over a database and folders of their own; nothing runs by itself. */
export async function createServiceFixture() {
  const testDatabase = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-services-'));
  const log = pino({ level: 'silent' });
  const persistence = createPersistence(testDatabase.database);
  const secretKey = randomBytes(32);
  const encryption = createEncryption(secretKey);
  const credentials = createCredentials(persistence, encryption);
  const attemptSecrets = createAttemptSecrets(encryption);
  const blobs = createFolderBlobStore(join(folder, 'blobs'));
  const logFiles = createLogFiles(join(folder, 'logs'));
  const attemptLog = createAttemptLog(persistence, logFiles);
  /** The time that start decisions see. */
  const clock = { now: noon };
  const { faultPoints, setFault } = createFaults();
  const readRunVariables = createRunVariables(persistence, encryption);
  const ingestTelemetry = createIngestTelemetry({ persistence, blobs, log });
  const readClock = async () => clock.now;
  const startRuns = createStartRuns(persistence, readClock, faultPoints);
  /** Runs whose change was announced, in order. */
  const announced: string[] = [];
  const finishRun = createFinishRun({
    persistence,
    startRuns,
    attemptLog,
    explainFailure: createExplainFailure({ persistence, logFiles, log }),
    faultPoints,
    announce(jobRunId) {
      announced.push(jobRunId);
      attemptLog.announce(jobRunId);
    },
  });
  const webhooks = createWebhooks(persistence, encryption);
  const cancelRuns = createCancelRuns(persistence, finishRun, attemptLog);
  const archiveLimits = {
    maxBytes: 1024 * 1024,
    maxUnpackedBytes: 1024 * 1024,
    maxEntries: 100,
    maxManifestBytes: 64 * 1024,
  };
  return {
    database: testDatabase.database,
    folder,
    log,
    persistence,
    store: persistence.store,
    /** The key of `encryption`. */
    secretKey,
    encryption,
    attemptSecrets,
    blobs,
    logFiles,
    attemptLog,
    clock,
    faultPoints,
    setFault,
    announced,
    ingestTelemetry,
    startRuns,
    finishRun,
    releaseQueued: createReleaseQueued({
      persistence,
      finishRun,
      attemptLog,
      clock: readClock,
      executorName: 'fake',
      log,
    }),
    recordSpool: createRecordSpool({
      persistence,
      attemptLog,
      blobs,
      finishRun,
      ingestTelemetry,
      instanceSizes: parseInstanceSizes(''),
      faultPoints,
    }),
    deploy: createDeploy(persistence, cancelRuns, { startRuns, webhooks }),
    cancelRuns,
    endUnknownRun: createEndUnknownRun(persistence, finishRun, attemptLog),
    switchJobs: createSwitchJobs(persistence, cancelRuns, readClock),
    workspaces: createWorkspaces(persistence, cancelRuns, readClock),
    organizations: createOrganizations(persistence),
    members: createMembers(persistence),
    workspaceMembers: createWorkspaceMembers(persistence),
    invitations: createInvitations({ persistence, encryption, sendsMail: true }),
    keys: createKeys(persistence, credentials.forget),
    credentials,
    beginAttempt: createBeginAttempt({
      persistence,
      blobs,
      encryption,
      credentials,
      readRunVariables,
      apiUrl: () => 'http://127.0.0.1:1',
    }),
    readRunVariables,
    signIn: createSignIn({ persistence, credentials, encryption }),
    variables: createVariables(persistence, encryption),
    webhooks,
    takeDelivery: createTakeDelivery({ persistence, webhooks, startRuns, clock: readClock }),
    uploadPackage: createUploadPackage({ persistence, blobs, encryption, archiveLimits }),
    compareVersions: createCompareVersions({ persistence, blobs, encryption }),
    rollBack: createRollBack({ persistence, blobs, encryption }),
    async close() {
      await testDatabase.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Fault points at which a test may fail or wait; without one they let everything pass. */
function createFaults() {
  let fault: { name: FaultPointName; act: () => Promise<void> | void } | null = null;
  const faultPoints: FaultPoints = {
    reach: async (name) => {
      if (fault?.name === name) await fault.act();
    },
  };
  return {
    faultPoints,
    setFault: (name: FaultPointName, act: () => Promise<void> | void): void => {
      fault = { name, act };
    },
  };
}
