import type { AddressInfo } from 'node:net';
import type { Config } from './config.ts';
import type { FastifyInstance } from 'fastify';
import type { Executor } from './executors/executor.ts';
import type { Logger } from 'pino';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { pino } from 'pino';
import { buildApi } from './api/app.ts';
import { checkReadiness } from './readiness.ts';
import { createAccounts } from './services/accounts.ts';
import { createAttemptLog } from './services/attempt-log.ts';
import { createAuthorize } from './services/authorize.ts';
import { createBeginAttempt } from './services/begin-attempt.ts';
import { createCancelRuns } from './services/cancel-runs.ts';
import { createCompareVersions } from './services/compare-versions.ts';
import { createCredentials } from './services/credentials.ts';
import { createDatabase } from './store/postgres/pool.ts';
import { createDeploy } from './services/deploy.ts';
import { createDriveRun } from './supervisor/drive-run.ts';
import { createEncryption } from './services/encryption.ts';
import { createEnvironments } from './supervisor/environments.ts';
import { createFaultPoints } from './pause-at.ts';
import { createFinishRun } from './services/finish-run.ts';
import { createFolderBlobStore, removeUnfinishedBlobs } from './blobs/folder-blob-store.ts';
import { createIngestTelemetry } from './services/ingest-telemetry.ts';
import { createJanitor } from './supervisor/janitor.ts';
import { createLogFiles } from './blobs/log-file.ts';
import { createOutboxRelay } from './supervisor/outbox-relay.ts';
import { createPersistence, type Persistence } from './store/store.ts';
import { createProcessExecutor } from './executors/process/process-executor.ts';
import { createRetention, type Retention } from './services/retention/retention.ts';
import { createRetentionLoop } from './scheduler/retention-loop.ts';
import { createRecordSpool } from './services/record-spool.ts';
import { createRunVariables } from './services/run-variables.ts';
import { createServerProcesses } from './supervisor/server-processes.ts';
import { createStartAttempt } from './supervisor/start-attempt.ts';
import { createRollBack } from './services/roll-back.ts';
import { createStartRuns } from './services/start-runs.ts';
import { createSupervisor, type Supervisor } from './supervisor/supervisor.ts';
import { createUploadPackage } from './services/upload-package.ts';
import { createVariables } from './services/variables.ts';
import { createWatchAttempt } from './supervisor/watch-attempt.ts';
import { findTool } from './executors/process/tool-lookup.ts';
import { firstRunUid, lastRunUid } from './process-identities.ts';
import { migrate } from './store/postgres/migrate.ts';
import { readSecretKey } from './secret-key.ts';
import { startEmbeddedPostgres } from './store/postgres/embedded.ts';

export interface RunningServer {
  /** The address it listens on. */
  url: string;
  /** Takes no more work, leaves runs running, and ends. */
  stop(): Promise<void>;
}

const repositoryFolder = fileURLToPath(new URL('../../../', import.meta.url));
const bootstrapFolder = join(repositoryFolder, 'python', 'pumphouse_bootstrap');
const closeSeconds = 2;
const toolsFolder = join(repositoryFolder, '.tools', 'bin');

/** The store of a data folder or of an external database, migrated; for the server and for `admin` commands. */
export async function openStore(
  config: Config,
  log: Logger,
): Promise<{ persistence: Persistence; close(): Promise<void> }> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o711 });
  const embedded = config.databaseUrl ? null : await startEmbeddedPostgres({ dataDir: config.dataDir, log });
  const connection = config.databaseUrl ?? embedded?.connection;
  if (!connection) throw new Error('There is no database to connect to');
  const database = createDatabase(connection, {
    maxConnections: 20,
    idleTransactionTimeoutSeconds: hangSeconds(config),
    onConnectionError: (error) => log.warn({ err: error }, 'a database connection was lost'),
  });
  try {
    const applied = await migrate(connection);
    if (applied.length > 0) log.info({ applied }, 'the schema was migrated');
  } catch (error) {
    await database.close();
    await embedded?.stop();
    throw error;
  }
  return {
    persistence: createPersistence(database),
    async close() {
      await database.close();
      await embedded?.stop();
    },
  };
}

/** What a server that stands still keeps from the others (locks of a transaction, events) is free after this long. */
function hangSeconds(config: Config): number {
  return 4 * config.leaseSeconds;
}

export function createServerLog(config: Config): Logger {
  return pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
}

export { createAccounts };

/** What looks through the storage and purges it by hand, beside a running server or without one. */
export async function openRetention(
  config: Config,
  log: Logger,
): Promise<{ retention: Retention; close(): Promise<void> }> {
  const opened = await openStore(config, log);
  const { persistence } = opened;
  try {
    const installation = await persistence.store.installation.get();
    const executor = await createExecutor(config, persistence, installation.id, log);
    return { retention: assembleRetention(config, persistence, executor, log), close: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

function assembleRetention(
  config: Config,
  persistence: Persistence,
  executor: Executor,
  log: Logger,
): Retention {
  return createRetention({
    persistence,
    blobs: createFolderBlobStore(config.blobsDir),
    logFiles: createLogFiles(join(config.blobsDir, 'logs')),
    executor,
    removeUnfinishedBlobs: (olderThanHours) => removeUnfinishedBlobs(config.blobsDir, olderThanHours),
    faultPoints: createFaultPoints(config.pauseAt),
    now: () => new Date(),
    log,
  });
}

/** Starts everything: store, then what runs already, then what is new (design: migrate, re-attach, only then schedule). */
export async function startServer(config: Config, log: Logger): Promise<RunningServer> {
  const opened = await openStore(config, log);
  try {
    return await serve(config, log, opened.persistence, () => opened.close());
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function serve(
  config: Config,
  log: Logger,
  persistence: Persistence,
  close: () => Promise<void>,
): Promise<RunningServer> {
  const installation = await persistence.store.installation.get();
  const encryption = createEncryption(await readSecretKey(config.dataDir, config.secretKey));
  const credentials = createCredentials(persistence, encryption);
  const faultPoints = createFaultPoints(config.pauseAt);
  const blobs = createFolderBlobStore(config.blobsDir);
  const logFiles = createLogFiles(join(config.blobsDir, 'logs'));
  const attemptLog = createAttemptLog(persistence, logFiles);
  const ingestTelemetry = createIngestTelemetry({ persistence, blobs, log });
  const startRuns = createStartRuns(persistence, () => new Date());
  const finishRun = createFinishRun({
    persistence,
    startRuns,
    faultPoints,
    announce: (jobRunId) => attemptLog.announce(jobRunId),
  });
  const cancelRuns = createCancelRuns(persistence, finishRun, attemptLog);
  const recordSpool = createRecordSpool({
    persistence,
    attemptLog,
    blobs,
    finishRun,
    ingestTelemetry,
    faultPoints,
  });
  const readRunVariables = createRunVariables(persistence, encryption);
  const uploadDir = join(config.dataDir, 'uploads');
  await mkdir(uploadDir, { recursive: true, mode: 0o700 });

  // Filled in when the server listens: a port of 0 is known only then.
  const address = { url: '' };
  const executor = await createExecutor(config, persistence, installation.id, log);
  const serverProcesses = createServerProcesses();
  let supervisor: Supervisor | null = null;

  const api = buildApi({
    persistence,
    credentials,
    authorize: createAuthorize(persistence),
    attemptLog,
    logFiles,
    blobs,
    uploadDir,
    maxUploadBytes: config.maxUploadBytes,
    publicUrl: config.publicUrl,
    log,
    services: {
      startRuns,
      deploy: createDeploy(persistence, cancelRuns),
      cancelRuns,
      recordSpool,
      beginAttempt: createBeginAttempt({
        persistence,
        blobs,
        encryption,
        credentials,
        readRunVariables,
        apiUrl: () => config.publicUrl ?? address.url,
      }),
      variables: createVariables(persistence, encryption),
      compareVersions: createCompareVersions({ persistence, blobs, encryption }),
      rollBack: createRollBack({ persistence, blobs, encryption }),
      uploadPackage: createUploadPackage({
        persistence,
        blobs,
        encryption,
        archiveLimits: {
          maxBytes: config.maxUploadBytes,
          maxUnpackedBytes: config.maxUnpackedBytes,
          maxEntries: 50_000,
          maxManifestBytes: 8 * 1024 * 1024,
        },
      }),
    },
    readiness: () =>
      checkReadiness({ persistence, executor, lastRoundAt: () => supervisor?.lastRoundAt() ?? null }),
  });
  await api.listen({ host: config.host, port: config.port });
  address.url = addressOf(api.server.address() as AddressInfo);

  const watchAttempt = createWatchAttempt({
    persistence,
    executor,
    attemptLog,
    recordSpool,
    finishRun,
    deliverySeconds: config.leaseSeconds / 3,
    log,
  });
  const environments = createEnvironments({
    persistence,
    executor,
    owner: serverProcesses.self,
    leaseSeconds: config.leaseSeconds,
    faultPoints,
  });
  const attemptsUrl = config.attemptsUrl ?? address.url;
  const startAttempt = createStartAttempt({
    persistence,
    executor,
    environments,
    readRunVariables,
    attemptLog,
    faultPoints,
    installationId: installation.id,
    attemptsUrl,
    instanceSizes: config.instanceSizes,
    sandboxUid: (offset) => firstRunUid + (offset % (lastRunUid - firstRunUid + 1)),
  });
  const driveRun = createDriveRun({
    persistence,
    executor,
    attemptsUrl,
    startAttempt,
    watchAttempt,
    attemptLog,
    recordSpool,
    finishRun,
    faultPoints,
    log,
  });
  supervisor = createSupervisor({
    persistence,
    driveRun,
    attemptLog,
    ingestTelemetry,
    outboxRelay: createOutboxRelay({
      persistence,
      executor,
      logFiles,
      takenSeconds: hangSeconds(config),
      faultPoints,
      log,
    }),
    janitor: createJanitor({ persistence, executor, patienceSeconds: hangSeconds(config), log }),
    serverProcesses,
    faultPoints,
    owner: serverProcesses.self,
    executorName: executor.name,
    maxActiveRuns: config.maxActiveRuns,
    leaseSeconds: config.leaseSeconds,
    log,
  });
  await supervisor.start();
  const started = supervisor;
  const retentionLoop = createRetentionLoop({
    persistence,
    retention: assembleRetention(config, persistence, executor, log),
    limits: config.retention,
    log,
  });
  retentionLoop.start();
  return {
    url: config.publicUrl ?? address.url,
    async stop() {
      await Promise.all([started.stop(), retentionLoop.stop()]);
      await closeApi(api);
      await close();
    },
  };
}

/** Requests under way are answered. A connection that never sent one, as browsers open ahead, would keep the server for a minute. */
async function closeApi(api: FastifyInstance): Promise<void> {
  const giveUp = setTimeout(() => api.server.closeAllConnections(), closeSeconds * 1000);
  try {
    await api.close();
  } finally {
    clearTimeout(giveUp);
  }
}

/** `auto` is decided once and kept: isolation never drops because something is missing later. */
async function createExecutor(
  config: Config,
  persistence: Persistence,
  installationId: string,
  log: Logger,
): Promise<Executor> {
  const lookup = { env: config.toolVariables, toolsDir: toolsFolder };
  const pythonPath = findTool('python3', lookup);
  const uvPath = findTool('uv', lookup);
  if (!pythonPath)
    throw new Error('No python3 was found in PATH. Install Python 3.10 or newer, or set PUMPHOUSE_PYTHON.');
  if (!uvPath) throw new Error('uv was not found. Run `npm run setup`, install uv, or set PUMPHOUSE_UV.');
  const createWith = (bwrapPath: string | null) =>
    createProcessExecutor({
      dataDir: config.dataDir,
      bootstrapDir: bootstrapFolder,
      pythonPath,
      uvPath,
      bwrapPath,
      pastaPath: findTool('pasta', lookup),
      allowUnisolated: config.allowUnisolated,
      installationId,
      buildLimits: config.instanceSizes.medium,
      searchPath: config.toolVariables['PATH'],
      log,
    });
  const executor = await chooseIsolation(config, createWith, findTool('bwrap', lookup), log);
  const decided = await persistence.store.installation.decideExecutor(executor.name);
  if (decided !== executor.name)
    throw new Error(`This installation runs attempts with "${decided}", which this version does not have.`);
  const probe = await executor.probe();
  if (probe.ok) log.info({ executor: executor.name, detail: probe.detail }, 'attempts can be run');
  else log.error({ executor: executor.name, detail: probe.detail }, 'attempts cannot be run');
  return executor;
}

/** A bubblewrap that is there and cannot make a sandbox counts as none, which only PUMPHOUSE_ALLOW_UNISOLATED lets pass. */
async function chooseIsolation(
  config: Config,
  createWith: (bwrapPath: string | null) => Executor,
  bwrapPath: string | null,
  log: Logger,
): Promise<Executor> {
  const isolated = createWith(bwrapPath);
  if (!bwrapPath || !config.allowUnisolated) return isolated;
  const probe = await isolated.probe();
  if (probe.ok) return isolated;
  log.warn({ detail: probe.detail }, 'runs have no sandbox: PUMPHOUSE_ALLOW_UNISOLATED is set');
  return createWith(null);
}

function addressOf(address: AddressInfo): string {
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
