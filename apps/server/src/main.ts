import type { AddressInfo } from 'node:net';
import type { Config } from './config.ts';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Persistence } from './store/store.ts';
import type { Supervisor } from './supervisor/supervisor.ts';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { pino } from 'pino';
import { assembleRetention } from './compose/open-retention.ts';
import { assembleServices } from './compose/assemble-services.ts';
import { assembleSupervisor } from './compose/assemble-supervisor.ts';
import { buildApi } from './api/app.ts';
import { checkReadiness } from './readiness.ts';
import { createAuthorize } from './services/authorize.ts';
import { createExecutor } from './compose/create-executor.ts';
import { createRetentionLoop } from './scheduler/retention-loop.ts';
import { openStore } from './compose/open-store.ts';
import { requireExposureAllowed } from './exposure.ts';

export interface RunningServer {
  /** The address it listens on. */
  url: string;
  /** Takes no more work, leaves runs running, and ends. */
  stop(): Promise<void>;
}

const closeSeconds = 2;

export { createAccounts } from './services/accounts.ts';
export { openRetention } from './compose/open-retention.ts';
export { openStore };

export function createServerLog(config: Config): Logger {
  return pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
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
  const { id: installationId } = await persistence.store.installation.get();
  // Filled in when the server listens: a port of 0 is known only then.
  const address = { url: '' };
  const services = await assembleServices(config, persistence, log, () => config.publicUrl ?? address.url);
  const uploadDir = join(config.dataDir, 'uploads');
  await mkdir(uploadDir, { recursive: true, mode: 0o700 });
  const { executor } = await createExecutor(config, persistence, log);
  await requireExposureAllowed(persistence, {
    host: config.host,
    publicUrl: config.publicUrl,
    runsUnisolated: config.allowUnisolated && !executor.capabilities().isolated,
  });
  let supervisor: Supervisor | null = null;

  const api = buildApi({
    persistence,
    credentials: services.credentials,
    authorize: createAuthorize(persistence),
    attemptLog: services.attemptLog,
    logFiles: services.logFiles,
    blobs: services.blobs,
    uploadDir,
    maxUploadBytes: config.maxUploadBytes,
    publicUrl: config.publicUrl,
    log,
    services,
    readiness: () =>
      checkReadiness({ persistence, executor, lastRoundAt: () => supervisor?.lastRoundAt() ?? null }),
  });
  await api.listen({ host: config.host, port: config.port });
  address.url = addressOf(api.server.address() as AddressInfo);

  const attemptsUrl = config.attemptsUrl ?? address.url;
  const started = assembleSupervisor(config, {
    persistence,
    services,
    executor,
    installationId,
    attemptsUrl,
    log,
  });
  supervisor = started;
  await started.start();
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

/** How this machine reaches what it listens on: "all addresses" has loopback among them. */
function addressOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}
