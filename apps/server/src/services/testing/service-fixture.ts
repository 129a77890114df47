import type { FaultPointName, FaultPoints } from '../../platform/fault-points.ts';
import { parseInstanceSizes } from '../../domain/attempts/instance-sizes.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { createAttemptLog } from '../logs/attempt-log.ts';
import { createAttemptSecrets } from '../attempts/attempt-secrets.ts';
import { createBeginAttempt } from '../attempts/begin-attempt.ts';
import { createCancelRuns } from '../runs/cancel-runs.ts';
import { createCompareVersions } from '../versions/compare-versions.ts';
import { createCredentials } from '../sign-in/credentials.ts';
import { createDeploy } from '../jobs/deploy.ts';
import { createEndUnknownRun } from '../attempts/end-unknown-run.ts';
import { createEncryption } from '../../platform/encryption.ts';
import { createExplainFailure } from '../runs/explain-failure.ts';
import { createFinishRun } from '../runs/finish-run.ts';
import { createFolderBlobStore } from '../../blobs/folder-blob-store.ts';
import { createInvitations } from '../people/invitations.ts';
import { createIngestTelemetry } from '../telemetry/ingest-telemetry.ts';
import { createKeys } from '../keys/keys.ts';
import { createLogFiles } from '../../blobs/logs/log-file.ts';
import { createMembers } from '../people/members.ts';
import { createOrganizations } from '../workspaces/organizations.ts';
import { createPersistence } from '../../store/store.ts';
import { createReleaseQueued } from '../runs/release-queued.ts';
import { createRecordSpool } from '../attempts/record-spool.ts';
import { createRollBack } from '../versions/roll-back.ts';
import { createStartRuns } from '../runs/start-runs.ts';
import { createSwitchJobs } from '../jobs/switch-jobs.ts';
import { createTestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import { createRunVariables } from '../variables/run-variables.ts';
import { createUploadPackage } from '../versions/upload-package.ts';
import { createSignIn } from '../sign-in/sign-in.ts';
import { createTakeDelivery } from '../webhooks/take-delivery.ts';
import { createVariables } from '../variables/variables.ts';
import { createWebhooks } from '../webhooks/webhooks.ts';
import { createWorkspaceMembers } from '../people/workspace-members.ts';
import { createWorkspaces } from '../workspaces/workspaces.ts';

export type ServiceFixture = Awaited<ReturnType<typeof createServiceFixture>>;

/** The value of `clock.now` unless a test sets it. */
export const noon = new Date('2026-03-10T12:30:00Z');

/** Creates all services with their own database and folders, without background loops. */
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
  /** The time for start decisions. */
  const clock = { now: noon };
  const { faultPoints, setFault } = createFaults();
  const readRunVariables = createRunVariables(persistence, encryption);
  const ingestTelemetry = createIngestTelemetry({ persistence, blobs, log });
  const readClock = async () => clock.now;
  const startRuns = createStartRuns(persistence, readClock, faultPoints);
  /** Runs with an announced change, in order. */
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

/** Creates fault points at which a test may fail or wait; by default they do nothing. */
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
