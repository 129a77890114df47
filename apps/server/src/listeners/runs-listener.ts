/** Listens on the address at which runs in containers reach this server, as soon as that address exists. */
import type { AttemptHandle } from '../executors/contract/attempt-handle.ts';
import type { AttemptInspection } from '../executors/contract/attempt-runner.ts';
import type { AttemptsAddress } from './attempts-address.ts';
import type { AttemptsAddressInput, AttemptsPlan } from '../config/plan-attempts-address.ts';
import type { FastifyInstance } from 'fastify';
import { adviseSettings, planAttemptsAddress } from '../config/plan-attempts-address.ts';
import { isErrorCode } from '../platform/error-code.ts';
import { setTimeout as delay } from 'node:timers/promises';

export interface RunsListenerOptions {
  settings: Omit<AttemptsAddressInput, 'gateway'>;
  findGateway(): Promise<string | null>;
  inspect(handle: AttemptHandle): Promise<AttemptInspection>;
  /** Builds the API for runs without listening; called for each new address. */
  buildApi(): FastifyInstance;
  closeApi(api: FastifyInstance): Promise<void>;
  log: {
    info(fields: Record<string, unknown>, message: string): void;
    warn(fields: Record<string, unknown>, message: string): void;
  };
}

export interface RunsListener extends AttemptsAddress {
  /** Tries once: the address may only appear with the first container. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Why runs cannot reach this server and what to do about it, or null. */
  findProblem(): Promise<string | null>;
  /** The URL last given to attempts; null if none was given. */
  url(): string | null;
}

const firstPauseMs = 20;
const maxPauseMs = 1000;

/** The listening address, and the state of listening on it. */
interface RunsEndpoint {
  host: string;
  api: FastifyInstance;
  state: 'listening' | 'absent' | 'failed';
  failure: string;
  trying: Promise<void> | null;
}

/**
 * A Podman bridge, and with it its gateway address, exists only while a container is attached. So binding is
 * retried from the moment an attempt is about to start, and the bootstrap repeats its calls until the server
 * listens. A bound socket stays valid when the address disappears and returns.
 */
export function createRunsListener(options: RunsListenerOptions): RunsListener {
  const { settings, log } = options;
  const stopping = new AbortController();
  let plan: AttemptsPlan | null = null;
  let scope: RunsEndpoint | null = null;
  let witness: AttemptHandle | null = null;
  let repeating: Promise<void> | null = null;
  let hurry = new AbortController();

  /**
   * Plans the address from the engine's current state. A plan with a known gateway is kept while the engine
   * does not respond.
   */
  async function replan(): Promise<AttemptsPlan> {
    const gateway = settings.host === null ? await options.findGateway().catch(() => null) : null;
    const next = planAttemptsAddress({ ...settings, gateway });
    if (plan === null || gateway !== null || 'problem' in plan) plan = next;
    const listenAt = 'problem' in plan ? null : plan.listenAt;
    if (listenAt !== null && listenAt !== scope?.host) moveTo(listenAt);
    return plan;
  }

  /** The network was recreated, possibly with other addresses, so the state of the old one is obsolete. */
  function moveTo(host: string): void {
    if (scope)
      void close(scope).catch((error: unknown) =>
        log.warn({ err: error }, 'an address is still in use by this server'),
      );
    scope = { host, api: options.buildApi(), state: 'absent', failure: '', trying: null };
  }

  async function close({ api, trying }: RunsEndpoint): Promise<void> {
    await trying;
    await options.closeApi(api);
  }

  function tryToListen(at: RunsEndpoint): Promise<void> {
    if (at.state === 'listening' || stopping.signal.aborted) return Promise.resolve();
    at.trying ??= bind(at).finally(() => (at.trying = null));
    return at.trying;
  }

  async function bind(at: RunsEndpoint): Promise<void> {
    try {
      await at.api.listen({ host: at.host, port: settings.port });
      at.state = 'listening';
      log.info({ host: at.host, port: settings.port }, 'listening for runs');
    } catch (error) {
      const isAbsent = isErrorCode(error, 'EADDRNOTAVAIL');
      if (!isAbsent && at.state !== 'failed') log.warn({ err: error }, 'cannot listen for runs');
      at.state = isAbsent ? 'absent' : 'failed';
      at.failure = error instanceof Error ? error.message : String(error);
    }
  }

  /** Retry with short pauses from now on. */
  function insist(): void {
    hurry.abort();
    if (scope?.state === 'listening' || stopping.signal.aborted) return;
    repeating ??= repeat().finally(() => (repeating = null));
  }

  async function repeat(): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!stopping.signal.aborted) {
      if (scope) await tryToListen(scope);
      if (!scope || scope.state === 'listening') return;
      if (hurry.signal.aborted) {
        hurry = new AbortController();
        pauseMs = firstPauseMs;
      }
      await pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, maxPauseMs);
    }
  }

  async function pause(milliseconds: number): Promise<void> {
    const signal = AbortSignal.any([stopping.signal, hurry.signal]);
    await delay(milliseconds, undefined, { signal }).catch(() => undefined);
  }

  /** Whether an attempt is running although its network's gateway is not an address of this machine. */
  async function isGatewayElsewhere(at: RunsEndpoint): Promise<boolean> {
    if (!witness) return false;
    if (!(await isRunning(witness))) return false;
    await tryToListen(at);
    // Check again: if the attempt has ended meanwhile, the address may have disappeared with it.
    return at.state === 'absent' && (await isRunning(witness));
  }

  async function isRunning(handle: AttemptHandle): Promise<boolean> {
    const inspection = await options.inspect(handle).catch(() => null);
    if (inspection?.state !== 'running' && witness === handle) witness = null;
    return inspection?.state === 'running';
  }

  async function findListenProblem(current: AttemptsPlan): Promise<string | null> {
    if ('problem' in current) return current.problem;
    if (!scope) return null;
    await tryToListen(scope);
    if (scope.state === 'failed')
      return `Runs cannot reach this server: ${scope.failure}. End the program that listens there, or set PUMPHOUSE_ATTEMPTS_HOST or PUMPHOUSE_ATTEMPTS_PORT to something else.`;
    // A configured URL may lead to this server in another way.
    if (scope.state === 'listening' || (settings.url && !settings.host)) return null;
    if (!(await isGatewayElsewhere(scope))) return null;
    return settings.host
      ? `PUMPHOUSE_ATTEMPTS_HOST is ${settings.host}, which is not an address of this machine.`
      : `${scope.host} is not an address of this machine, so ${adviseSettings(settings.port)}`;
  }

  return {
    async start() {
      await replan();
      if (scope) await tryToListen(scope);
    },
    async stop() {
      stopping.abort();
      await repeating;
      if (scope) await close(scope);
    },
    async find() {
      const current = await replan();
      const problem = await findListenProblem(current);
      if ('problem' in current) return current;
      insist();
      return problem === null ? { url: current.url } : { problem };
    },
    noteStarted(handle) {
      witness = handle;
      insist();
    },
    findProblem: async () => (scope?.state === 'listening' ? null : findListenProblem(await replan())),
    url: () => (plan && 'url' in plan ? plan.url : null),
  };
}
