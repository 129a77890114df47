import type { ApiDependencies } from './api/dependencies.ts';
import type { LiveConfig } from './config/live-config.ts';
import type { CheckResult } from './domain/doctor/check-result.ts';
import type { Logger } from 'pino';
import type { RecentErrors } from './platform/recent-errors.ts';
import type { WorkerHost } from './supervisor/workers/worker-host.ts';
import type { OpenAttemptsAddress } from './compose/open-attempts-address.ts';
import { buildAttemptsApi, buildRunsApi } from './compose/build-runs-api.ts';
import { checkReadiness, describeTemplatesProblem, orNull, sumTemplates } from './compose/check-readiness.ts';
import { networkInterfaces } from 'node:os';
import { createEventSerializers } from './api/events/event-data.ts';
import { createAppUrls } from './api/apps/apps-serializers.ts';
import { createOpenParts, type OpenParts } from './compose/open-parts.ts';
import { builtConsoleFolder, openConsoleFiles } from './console/console-files.ts';
import { builtDocsFolder } from './console/docs-files.ts';
import { createAppConnectionProofs } from './executors/remote/app-connection-proof.ts';
import { createAppConnectors } from './compose/create-app-connectors.ts';
import { createAppsProxy } from './compose/create-apps-proxy.ts';
import { createExecutor } from './compose/create-executor.ts';
import { createLoops } from './platform/loops.ts';
import { openSystem } from './compose/doctor/open-system.ts';
import { createPasswords } from './services/sign-in/passwords.ts';
import { createServerAddresses } from './compose/server-addresses.ts';
import { createWorkerHost } from './supervisor/workers/worker-host.ts';
import { collectProcessMetrics } from './compose/process-metrics.ts';
import { createInstruments } from './platform/instruments.ts';
import { createServices } from './services/create-services.ts';
import { openMailer } from './compose/open-mailer.ts';
import { openApi } from './compose/open-api.ts';
import { openAttemptsAddress } from './compose/open-attempts-address.ts';
import { openPlayground } from './compose/open-playground.ts';
import { requireUsableBlobs } from './compose/open-blobs.ts';
import { openFilePorts, selectServiceSettings } from './compose/server-ports.ts';
import { openMetricExport } from './compose/open-metric-export.ts';
import { openLineage } from './compose/open-lineage.ts';
import { openTraces } from './compose/open-traces.ts';
import { openRegistration } from './compose/register-server.ts';
import { openStore } from './compose/open-store.ts';
import { decideInternalAddress } from './config/internal-address.ts';
import { requireExposureAllowed } from './config/exposure.ts';
import { selectPageServices } from './compose/page-services.ts';
import { selectSupervisorSettings, startLoops } from './compose/start-loops.ts';

export interface RunningServer {
  /** The URL it listens on. */
  url: string;
  /** Where the first owner signs up, once and within a day; null if there is an owner already. */
  setupUrl: string | null;
  /** Checks this server and its machine. */
  examine(): Promise<CheckResult[]>;
  /**
   * Stops accepting work and closes everything; runs continue. What does not close within about 20 s is left and
   * logged, which is as safe as a kill.
   */
  stop(): Promise<void>;
  /** Lists the parts that `stop` has not closed yet. */
  listOpen(): string[];
}

/** Leaves time for the database before the limit of the process (`apps/cli/src/stop-signals.ts`). */
const stopLimitMs = 20_000;

/**
 * Starts the server: the store, then what takes over existing runs, then what starts new ones.
 * @param live its configuration, of which a part may change while the server runs
 * @param recentErrors what `log` notes its warnings and errors in
 */
export async function startServer(
  live: LiveConfig,
  log: Logger,
  recentErrors: RecentErrors,
): Promise<RunningServer> {
  const parts = createOpenParts({ limitMs: stopLimitMs, log });
  try {
    return await openServer(live, { log, recentErrors }, parts);
  } catch (error) {
    // Open parts would keep the process alive although the server did not start.
    await parts.close().catch((err: unknown) => log.warn({ err }, 'a part of the server failed to close'));
    throw error;
  }
}

async function openServer(
  live: LiveConfig,
  { log, recentErrors }: { log: Logger; recentErrors: RecentErrors },
  parts: OpenParts,
): Promise<RunningServer> {
  const config = live.current;
  const instruments = createInstruments();
  const closeProcessMetrics = collectProcessMetrics(instruments.registry);
  parts.add('process metrics', async () => closeProcessMetrics());
  const opened = await openStore(config, log, instruments);
  parts.add('database', () => opened.close());
  const { persistence } = opened;
  const registration = await openRegistration(config, persistence, log);
  parts.add('registration', () => registration.remove());
  const { encryption } = registration;
  const loops = createLoops({ onWake: persistence.onWake, log });
  parts.add('loops', () => loops.stop());
  await loops.start(registration.loop);

  const { id: installationId } = await persistence.store.installation.get();
  const decisions = persistence.store.installation;
  const created = await createExecutor(config, { installationId, decisions }, log);
  const { executor } = created;
  if (config.roles.supervisor)
    await decisions.noteLocalDataInObjects(executor.capabilities().localDataInObjects);
  await requireExposureAllowed(persistence, {
    host: config.host,
    publicUrl: config.publicUrl,
    runsUnisolated: config.allowUnisolated && !executor.capabilities().isolated,
  });
  const mailer = await openMailer(config.mail);
  parts.add('mail', () => mailer?.close());
  const addresses = createServerAddresses(config);
  const filePorts = openFilePorts(live, persistence);
  await requireUsableBlobs({ check: filePorts.checkBlobs }, installationId, log);
  const playground = await openPlayground(config.playground, log);
  const traces = await openTraces(config, { instruments, log });
  parts.add('traces', async () => traces?.close());
  const lineage = openLineage(config, { instruments, log });
  parts.add('lineage events', async () => lineage?.close());
  const services = createServices({
    ...filePorts,
    instruments,
    traces,
    lineage,
    playground,
    persistence,
    encryption,
    executor,
    mailer,
    passwords: createPasswords(),
    addresses,
    eventSerializers: createEventSerializers(addresses.serverUrl),
    settings: selectServiceSettings(live),
    log,
  });

  const { serverId } = registration;
  const proofs = createAppConnectionProofs(installationId, encryption);
  const connectors = createAppConnectors({
    persistence,
    proofs,
    own: executor.appConnector,
    findExecutor: (id) => workerHost?.findExecutor(id) ?? null,
    log,
  });
  const listeners = createOpenParts({ order: 'together' });
  parts.add('listeners', () => listeners.close());
  const pages = selectPageServices(services, { persistence, encryption });
  let attemptsAddress: OpenAttemptsAddress | null = null;
  let workerHost: WorkerHost | null = null;
  let areLoopsStarted = false;
  const readinessSources = {
    persistence,
    dataDir: config.dataDir,
    executor: config.roles.supervisor ? executor : null,
    schedules: config.roles.scheduler,
    readTickLag: services.readTickLag,
    readLoad: services.readLoad,
    listLoops: () => (areLoopsStarted ? loops.list() : null),
    checkBlobs: () => filePorts.checkBlobs(installationId),
    findRunsProblem: async () => (await attemptsAddress?.findProblem()) ?? null,
  };
  const readReadiness = async () => ({
    warnings: [...live.listWarnings(), ...describeTemplatesProblem(executor)],
    loops: loops.list(),
    templates: sumTemplates(executor),
    ...(await checkReadiness(readinessSources)),
  });
  let listeningPort = config.port;
  const system = openSystem(config, {
    persistence,
    services,
    executor,
    serverId,
    recentErrors,
    readUrl: () => addresses.serverUrl(),
    readPort: () => listeningPort,
    readiness: readReadiness,
    findRunsProblem: readinessSources.findRunsProblem,
  });
  const api: ApiDependencies = {
    services,
    pages,
    apps: createAppUrls(services.apps.addresses),
    consoleFiles: openConsoleFiles(builtConsoleFolder),
    docsFolder: builtDocsFolder,
    uploadDir: filePorts.uploadDir,
    maxUploadBytes: config.maxUploadBytes,
    publicUrl: config.publicUrl,
    readAllowedHosts: () => live.current.allowedHosts,
    trustedProxies: config.trustedProxies,
    readRequestsPerMinute: () => live.current.apiRequestsPerMinute,
    async acceptWorker(...given) {
      if (!workerHost) throw new Error('The server is still starting.');
      await workerHost.accept(...given);
    },
    appConnections: {
      serverId,
      proofs,
      readClock: () => filePorts.clock(persistence.store),
      connect: ({ handle, port }) => connectors.ofConnectedWorkers.connect(handle, port),
      log,
    },
    metricsToken: config.observability.metricsToken,
    readSystem: system.readSystem,
    readiness: readReadiness,
    readBacklog: () => orNull(services.readBacklog),
    log,
  };
  const { url: listeningUrl, port } = await openApi(config, api, listeners);
  addresses.setServerUrl(listeningUrl);
  listeningPort = port;
  const listening = { host: config.host, port };
  await registration.publishAddress(
    decideInternalAddress(config.internalAddress, listening, networkInterfaces()),
  );
  const proxyParts = { persistence, services, appConnector: connectors.all, addresses, log };
  const appsProxy = createAppsProxy(config, proxyParts);
  listeners.add('apps', () => appsProxy.stop());
  await appsProxy.listen();
  attemptsAddress = await openAttemptsAddress(config, created, {
    buildRunsApi: () => buildRunsApi(api),
    buildAttemptsApi: () => buildAttemptsApi(api),
    listeningUrl,
    listeners,
    log,
  });
  addresses.setRunsUrl(attemptsAddress.runsUrl);

  const { readiness, readBacklog } = api;
  const exported = { readiness, readBacklog, instruments, serverId, log };
  const metricExport = await openMetricExport(config, exported);
  if (metricExport) {
    parts.add('metrics', () => metricExport.sender.close());
    await loops.start(metricExport.loop);
  }
  const { logFiles, faultPoints } = filePorts;
  const loopParts = { persistence, services, executor, logFiles, faultPoints, installationId, log };
  const { onlineMigrations } = opened;
  parts.add(
    'runs and loops',
    await startLoops(live, loops, { ...loopParts, onlineMigrations, attemptsAddress }),
  );
  const host = createWorkerHost(selectSupervisorSettings(live), {
    ...loopParts,
    retention: {
      ...filePorts,
      readLimits: () => live.current.retention,
      pendingLimits: config.pendingPackages,
    },
    serverId,
    loops,
  });
  await host.start();
  parts.add('workers', () => host.stop());
  workerHost = host;
  areLoopsStarted = true;
  const setupToken = await pages.setup.issueLink();
  const url = addresses.serverUrl();
  return {
    url,
    setupUrl: setupToken && `${url}/sign-in/setup?token=${setupToken}`,
    examine: system.examine,
    stop: () => parts.close(),
    listOpen: () => parts.listOpen(),
  };
}
