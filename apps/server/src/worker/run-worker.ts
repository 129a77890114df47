/** A worker: runs attempts on this machine for a server that it connects to. It has no database. */
import type { Config } from '../config/config.ts';
import type { FromServer } from '../executors/remote/protocol.ts';
import type { Logger } from 'pino';
import type { OpenAttemptsAddress } from '../compose/open-attempts-address.ts';
import type { OpenParts } from '../compose/open-parts.ts';
import type { CallTarget, WorkerSession } from '../executors/remote/answer-calls.ts';
import type { ExecutorName } from '../compose/choose-executor.ts';
import { hostname } from 'node:os';
import { mkdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { answerCalls } from '../executors/remote/answer-calls.ts';
import { buildAttemptsRelay } from './attempts-relay.ts';
import { closeCodes } from '../executors/remote/protocol.ts';
import { connectToServer, RefusedConnection } from './connect-to-server.ts';
import { createDecisionFile } from './executor-decision.ts';
import { createExecutor, type CreatedExecutor } from '../compose/create-executor.ts';
import { createLoops, type Loops } from '../platform/loops.ts';
import { createOpenParts } from '../compose/open-parts.ts';
import { defineTemplatesLoop } from '../supervisor/templates-loop.ts';
import { openAttemptsAddress } from '../compose/open-attempts-address.ts';

export interface RunningWorker {
  /** Resolves when it has drained; rejects when it cannot go on, for example because its token was revoked. */
  ended: Promise<void>;
  /** Takes no new runs and ends after the last one. */
  drain(): void;
  /** Ends at once; its runs continue. */
  stop(): Promise<void>;
}

export interface WorkerEvents {
  /** Called when the server drives the worker's runs, after each connection. */
  onReady(name: string): void;
}

const firstPauseMs = 200;
const maxPauseMs = 10_000;
const maxCloseMs = 10_000;

/** Everything that outlives a connection. */
interface Installation {
  id: string;
  created: CreatedExecutor;
  address: OpenAttemptsAddress;
}

/** @throws Error if a setting is missing */
export async function startWorker(
  config: Config,
  version: string,
  events: WorkerEvents,
  log: Logger,
): Promise<RunningWorker> {
  const { serverUrl, tokenFile } = config.worker;
  if (!serverUrl)
    throw new Error('A worker needs the URL of its server: set PUMPHOUSE_SERVER_URL, or use --server.');
  if (!tokenFile)
    throw new Error('A worker needs a token: set PUMPHOUSE_WORKER_TOKEN_FILE, or use --token-file.');
  await mkdir(config.dataDir, { recursive: true, mode: 0o711 });
  const parts = createOpenParts();
  const loops = createLoops({ onWake: async () => ({ close: async () => undefined }), log });
  parts.add('loops', () => loops.stop());
  const stopping = new AbortController();
  let installation: Installation | null = null;
  let session: WorkerSession | null = null;
  let isDraining = false;

  async function welcome({ installationId }: Extract<FromServer, { type: 'welcome' }>) {
    installation ??= await openInstallation(config, installationId, {
      serverUrl: serverUrl ?? '',
      parts,
      loops,
      log,
    });
    if (installation.id !== installationId)
      throw new Error(
        `The server at ${serverUrl} now belongs to installation ${installationId}. Restart the worker.`,
      );
    const { created, address } = installation;
    const target: CallTarget = { executor: created.executor, attemptsAddress: address };
    const hello = {
      version,
      hostName: hostname(),
      labels: config.labels,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- createExecutor creates only these
      executor: created.executor.name as ExecutorName,
      platform: `${process.platform}-${process.arch}`,
      hasAppConnector: created.executor.appConnector !== null,
      capacity: config.capacity,
      isDraining,
    };
    return { target, hello };
  }

  /** @returns whether to connect again */
  async function serveOnce(): Promise<boolean> {
    const token = (await readFile(tokenFile ?? '', 'utf8')).trim();
    const webSocket = await connectToServer(serverUrl ?? '', token, stopping.signal);
    let failure: unknown = null;
    let name = '';
    const opened = answerCalls(webSocket, {
      welcome: async (message) => {
        ({ name } = message);
        return welcome(message);
      },
      onReady: () => events.onReady(name),
      onFailure: (error) => (failure = error),
    });
    session = opened;
    if (isDraining) opened.drain();
    const { code, reason } = await opened.closed;
    session = null;
    if (failure !== null) throw new EndedWorker(describeFailure(failure));
    if (stopping.signal.aborted || code === closeCodes.drained) return false;
    if (code === closeCodes.revoked) throw new EndedWorker(reason);
    log.warn({ code, reason }, 'the connection to the server has ended; connecting again');
    return true;
  }

  async function serve(): Promise<void> {
    let pauseMs = firstPauseMs;
    for (;;) {
      const startedAt = performance.now();
      try {
        if (!(await serveOnce())) return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (error instanceof EndedWorker || error instanceof RefusedConnection) throw error;
        log.warn({ err: error }, 'the server cannot be reached; trying again');
      }
      if (performance.now() - startedAt > maxPauseMs) pauseMs = firstPauseMs;
      // Workers that lost one server do not all return at the same moment.
      await delay(pauseMs * (0.5 + Math.random()), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
      if (stopping.signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, maxPauseMs);
    }
  }

  const end = async (): Promise<void> => {
    try {
      await serve();
    } finally {
      // A part that does not close must not keep the process of a worker that has ended.
      await Promise.race([parts.close(), delay(maxCloseMs, undefined, { ref: false })]);
    }
  };
  const ended = end();
  return {
    ended,
    drain() {
      isDraining = true;
      session?.drain();
    },
    async stop() {
      stopping.abort();
      session?.terminate();
      await ended.catch(() => undefined);
    },
  };
}

/** The worker cannot go on, whatever the next connection. */
class EndedWorker extends Error {
  override readonly name = 'EndedWorker';
}

function describeFailure(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

async function openInstallation(
  config: Config,
  id: string,
  { serverUrl, parts, loops, log }: { serverUrl: string; parts: OpenParts; loops: Loops; log: Logger },
): Promise<Installation> {
  const decisions = createDecisionFile(config.dataDir);
  const created = await createExecutor(config, { installationId: id, decisions }, log);
  const listeners = createOpenParts({ order: 'together' });
  parts.add('listeners', () => listeners.close());
  const buildRelay = () => buildAttemptsRelay(serverUrl, log);
  const address = await openAttemptsAddress(config, created, {
    buildRunsApi: buildRelay,
    buildAttemptsApi: buildRelay,
    listeningUrl: serverUrl,
    listeners,
    log,
  });
  const { templates } = created.executor;
  if (templates) {
    await loops.start(defineTemplatesLoop(templates));
    parts.add('templates', () => templates.close());
  }
  return { id, created, address };
}
