import type { AddressInfo } from 'node:net';
import type { ApiDependencies } from './api/dependencies.ts';
import type { Config } from './config/config.ts';
import type { Encryption } from './platform/encryption.ts';
import type { Logger } from 'pino';
import type { Persistence } from './store/store.ts';
import type { RunsListener } from './listeners/runs-listener.ts';
import { listeningAddress } from './platform/listening-address.ts';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { createAppPlaces } from './api/apps/apps-wire.ts';
import { prepareApps } from './compose/prepare-apps.ts';
import { builtConsoleFolder, openConsoleFiles } from './console/console-files.ts';
import { assemblePages } from './compose/assemble-pages.ts';
import { assembleServices } from './compose/assemble-services.ts';
import { buildApi } from './compose/build-api.ts';
import type { AttemptsSocket } from './listeners/attempts-socket.ts';
import { openSocketOfAttempts } from './compose/open-attempts-socket.ts';
import { checkReadiness } from './compose/check-readiness.ts';
import { createLoops, type Loops } from './platform/loops.ts';
import { startLoops } from './compose/start-loops.ts';
import { closeHttpApp } from './http/http-app.ts';
import { createAuthorize } from './services/people/authorize.ts';
import { createExecutor } from './compose/create-executor.ts';
import { createFixedAddress } from './listeners/attempts-address.ts';
import { createReadLoad } from './services/runs/read-load.ts';
import { listenOnOtherLoopback, type OtherLoopback } from './listeners/other-loopback.ts';
import { openRunsListener } from './compose/open-runs-listener.ts';
import { openRegistration, type RegisteredServer } from './compose/register-server.ts';
import { openStore } from './compose/open-store.ts';
import { requireExposureAllowed } from './config/exposure.ts';

export interface RunningServer {
  /** The URL it listens on. */
  url: string;
  /** Where the first owner signs up, once and within a day; null if there is an owner already. */
  setupUrl: string | null;
  /** Stops accepting work and exits; runs continue. */
  stop(): Promise<void>;
}

/** Starts the server: the store, then what takes over existing runs, then what starts new ones. */
export async function startServer(config: Config, log: Logger): Promise<RunningServer> {
  const opened = await openStore(config, log);
  const { persistence } = opened;
  const loops = createLoops({ onWake: persistence.onWake, log });
  let registered: RegisteredServer | null = null;
  async function close(): Promise<void> {
    await loops.stop();
    await registered?.remove();
    await opened.close();
  }
  try {
    registered = await openRegistration(config, persistence, log);
    await loops.start(registered.loop);
    return await serve(config, log, { persistence, encryption: registered.encryption, loops, close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function serve(
  config: Config,
  log: Logger,
  parts: { persistence: Persistence; encryption: Encryption; loops: Loops; close: () => Promise<void> },
): Promise<RunningServer> {
  const { persistence, encryption, loops, close } = parts;
  const { id: installationId } = await persistence.store.installation.get();
  // Set when the server listens, because port 0 is resolved only then.
  const address = { url: '' };
  let runsListener: RunsListener | null = null;
  let attemptsSocket: AttemptsSocket | null = null;
  const publicUrl = () => config.publicUrl ?? address.url;
  const apiUrl = () => runsListener?.url() ?? publicUrl();
  const services = assembleServices(config, { persistence, encryption, log, apiUrl });
  const uploadDir = join(config.dataDir, 'uploads');
  await mkdir(uploadDir, { recursive: true, mode: 0o700 });
  const created = await createExecutor(config, persistence, log);
  const { executor } = created;
  await requireExposureAllowed(persistence, {
    host: config.host,
    publicUrl: config.publicUrl,
    runsUnisolated: config.allowUnisolated && !executor.capabilities().isolated,
  });
  let areLoopsStarted = false;
  const authorize = createAuthorize(persistence);
  const appsListener = prepareApps(config, { persistence, authorize, services, executor, log, publicUrl });
  const { apps } = appsListener;
  const pages = assemblePages({ openId: config.openId, persistence, services, openApp: apps.openApp, log });
  const apiDependencies: ApiDependencies = {
    persistence,
    credentials: services.credentials,
    attemptSecrets: services.attemptSecrets,
    authorize,
    attemptLog: services.attemptLog,
    logFiles: services.logFiles,
    blobs: services.blobs,
    uploadDir,
    maxUploadBytes: config.maxUploadBytes,
    publicUrl: config.publicUrl,
    allowedHosts: config.allowedHosts,
    trustedProxies: config.trustedProxies,
    retention: config.retention,
    log,
    pages,
    consoleFiles: openConsoleFiles(builtConsoleFolder),
    apps: createAppPlaces(apps.addresses),
    services: { ...services, apps },
    readiness: async () => ({
      warnings: config.warnings,
      loops: loops.list(),
      ...(await checkReadiness({
        persistence,
        executor,
        listLoops: () => (areLoopsStarted ? loops.list() : null),
        clock: services.clock,
        findRunsProblem: async () => (await runsListener?.findProblem()) ?? null,
        readLoad: createReadLoad(persistence),
      })),
    }),
  };
  const api = buildApi(apiDependencies);
  await api.listen({ host: config.host, port: config.port });
  const listening = listeningAddress(api.server);
  address.url = addressOf(listening);
  let otherLoopback: OtherLoopback | null = null;
  try {
    otherLoopback = await listenOnOtherLoopback(api.server, {
      host: listening.address,
      port: listening.port,
    });
    await appsListener.listen();
    runsListener = await openRunsListener(config, created, apiDependencies);
    attemptsSocket = await openSocketOfAttempts(config, created, apiDependencies);
  } catch (error) {
    // Open listeners would keep the process alive although the server did not start.
    await Promise.all([otherLoopback?.close(), closeHttpApp(api), appsListener.stop()]);
    throw error;
  }

  const stopLoops = await startLoops(config, loops, {
    persistence,
    services,
    executor,
    installationId,
    attemptsAddress:
      runsListener ??
      createFixedAddress({ url: config.attemptsUrl ?? address.url, socket: attemptsSocket?.path }),
    log,
  });
  areLoopsStarted = true;
  const setupToken = await pages.setup.issueLink();
  const url = publicUrl();
  return {
    url,
    setupUrl: setupToken && `${url}/sign-in/setup?token=${setupToken}`,
    async stop() {
      await stopLoops();
      await Promise.all([
        otherLoopback?.close(),
        closeHttpApp(api),
        runsListener?.stop(),
        attemptsSocket?.stop(),
        appsListener.stop(),
      ]);
      await close();
    },
  };
}

/**
 * Returns a URL at which this machine reaches the listening address; a wildcard address includes loopback.
 */
function addressOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}
