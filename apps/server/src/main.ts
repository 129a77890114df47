import type { AddressInfo } from 'node:net';
import type { ApiDependencies } from './api/app.ts';
import type { Config } from './config.ts';
import type { Encryption } from './services/encryption.ts';
import type { Logger } from 'pino';
import type { Persistence } from './store/store.ts';
import type { RunsListener } from './runs-listener.ts';
import type { Supervisor } from './supervisor/supervisor.ts';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { pino } from 'pino';
import { createAppPlaces } from './api/wire/apps.ts';
import { prepareApps } from './compose/prepare-apps.ts';
import { builtConsoleFolder, openConsoleFiles } from './console/console-files.ts';
import { assemblePages } from './compose/assemble-pages.ts';
import { assembleRetention } from './compose/open-storage.ts';
import { assembleServices } from './compose/assemble-services.ts';
import { assembleSupervisor } from './compose/assemble-supervisor.ts';
import { buildApi } from './api/app.ts';
import type { AttemptsSocket } from './attempts-socket.ts';
import { openSocketOfAttempts } from './compose/open-attempts-socket.ts';
import { checkReadiness } from './readiness.ts';
import { closeHttpApp } from './api/http-app.ts';
import { createAuthorize } from './services/authorize.ts';
import { createExecutor } from './compose/create-executor.ts';
import { createLeftovers } from './services/leftovers.ts';
import { createChangesLoop } from './scheduler/changes-loop.ts';
import { createCompareSchemas } from './services/compare-schemas.ts';
import { createLeftoversLoop } from './supervisor/leftovers-loop.ts';
import { createFixedAddress } from './supervisor/attempts-address.ts';
import { createMailLoop } from './scheduler/mail-loop.ts';
import { createReadLoad } from './services/read-load.ts';
import { createReleaseLoop } from './scheduler/release-loop.ts';
import { createReleaseQueued } from './services/release-queued.ts';
import { createSendInvitationMails } from './services/send-invitation-mails.ts';
import { createSmtpMailer } from './mail/mailer.ts';
import { createTickLoop } from './scheduler/tick-loop.ts';
import { createRetentionLoop } from './scheduler/retention-loop.ts';
import { createSchemasLoop } from './supervisor/schemas-loop.ts';
import { listenOnOtherLoopback, type OtherLoopback } from './other-loopback.ts';
import { openRunsListener } from './compose/open-runs-listener.ts';
import { openRegistration, type RegisteredServer } from './compose/register-server.ts';
import { openStore } from './compose/open-store.ts';
import { requireExposureAllowed } from './exposure.ts';

export interface RunningServer {
  /** The address it listens on. */
  url: string;
  /** Where the first owner makes an account, once and within a day; null where there is one. */
  setupUrl: string | null;
  /** Takes no more work, leaves runs running, and ends. */
  stop(): Promise<void>;
}

export { actAs } from './services/audit.ts';
export { createAccounts } from './services/accounts.ts';
export { createKeys } from './services/keys.ts';
export { createMembers } from './services/members.ts';
export { createOrganizationLimits } from './services/organization-limits.ts';
export { assembleRunEnds } from './compose/assemble-run-ends.ts';
export { assembleRotateKey } from './compose/assemble-rotate-key.ts';
export { openStorage } from './compose/open-storage.ts';
export { openStore };

export function createServerLog(config: Config): Logger {
  return pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
}

/** Starts everything: store, then what runs already, then what is new (design: migrate, re-attach, only then schedule). */
export async function startServer(config: Config, log: Logger): Promise<RunningServer> {
  const opened = await openStore(config, log);
  const { persistence } = opened;
  let registered: RegisteredServer | null = null;
  async function close(): Promise<void> {
    await registered?.stop();
    await opened.close();
  }
  try {
    registered = await openRegistration(config, persistence, log);
    return await serve(config, log, { persistence, encryption: registered.encryption, close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function serve(
  config: Config,
  log: Logger,
  parts: { persistence: Persistence; encryption: Encryption; close: () => Promise<void> },
): Promise<RunningServer> {
  const { persistence, encryption, close } = parts;
  const { id: installationId } = await persistence.store.installation.get();
  // Filled in when the server listens: a port of 0 is known only then.
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
  const loops: Record<string, Pick<Supervisor, 'lastRoundAt'> | null> = {
    ...(config.roles.scheduler && { scheduler: null, queue: null }),
    ...(config.roles.supervisor && { supervisor: null }),
  };

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
      ...(await checkReadiness({
        persistence,
        executor,
        listRounds: () =>
          Object.fromEntries(
            Object.entries(loops).map(([name, loop]) => [name, loop?.lastRoundAt() ?? null]),
          ),
        clock: services.clock,
        findRunsProblem: async () => (await runsListener?.findProblem()) ?? null,
        readLoad: createReadLoad(persistence),
      })),
    }),
  };
  const api = buildApi(apiDependencies);
  await api.listen({ host: config.host, port: config.port });
  const listening = api.server.address() as AddressInfo;
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
    // What it listens on already would keep the process of a server that has not started alive.
    await Promise.all([otherLoopback?.close(), closeHttpApp(api), appsListener.stop()]);
    throw error;
  }

  const running: { stop(): Promise<void> }[] = [];
  if (config.roles.supervisor) {
    const supervisor = assembleSupervisor(config, {
      persistence,
      services,
      executor,
      installationId,
      attemptsAddress:
        runsListener ??
        createFixedAddress({ url: config.attemptsUrl ?? address.url, socket: attemptsSocket?.path }),
      log,
    });
    loops['supervisor'] = supervisor;
    await supervisor.start();
    const leftoversLoop = createLeftoversLoop({
      leftovers: createLeftovers({ persistence, executor, log }),
      log,
    });
    leftoversLoop.start();
    const retentionLoop = createRetentionLoop({
      persistence,
      retention: assembleRetention(config, persistence, executor, log),
      limits: config.retention,
      log,
    });
    retentionLoop.start();
    const schemasLoop = createSchemasLoop(createCompareSchemas({ persistence, log }), log);
    schemasLoop.start();
    running.push(supervisor, leftoversLoop, retentionLoop, schemasLoop);
  }
  if (config.mail) {
    const mailer = createSmtpMailer(config.mail);
    const mailLoop = createMailLoop({
      persistence,
      sendInvitationMails: createSendInvitationMails({
        persistence,
        encryption: services.encryption,
        mailer,
        log,
      }),
      log,
    });
    await mailLoop.start();
    running.push({
      async stop() {
        await mailLoop.stop();
        mailer.close();
      },
    });
  }
  // Last: what runs already is in hand before anything new is started.
  if (config.roles.scheduler) {
    const tickLoop = createTickLoop({
      persistence,
      startRuns: services.startRuns,
      clock: services.clock,
      log,
    });
    loops['scheduler'] = tickLoop;
    await tickLoop.start();
    const releaseLoop = createReleaseLoop({
      persistence,
      releaseQueued: createReleaseQueued({ ...services, persistence, executorName: executor.name, log }),
      log,
    });
    loops['queue'] = releaseLoop;
    await releaseLoop.start();
    const changesLoop = createChangesLoop({ persistence, log });
    await changesLoop.start();
    running.push(tickLoop, releaseLoop, changesLoop);
  }
  const setupToken = await pages.setup.issueLink();
  const url = publicUrl();
  return {
    url,
    setupUrl: setupToken && `${url}/sign-in/setup?token=${setupToken}`,
    async stop() {
      await Promise.all(running.map((loop) => loop.stop()));
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

/** How this machine reaches what it listens on: "all addresses" has loopback among them. */
function addressOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}
