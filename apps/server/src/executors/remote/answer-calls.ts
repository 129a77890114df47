import type { WebSocket } from 'ws';
import type { CopiedData } from '../contract/local-data-store.ts';
import type { Executor } from '../executor.ts';
import type { EnvironmentLine } from '../contract/environment-builder.ts';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { CallError } from './values.ts';
import { EnvironmentBuildError } from '../contract/environment-builder.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { joinConnections } from './join-connections.ts';
import { openMessageSocket, type MessageSocket } from './message-socket.ts';
import { isMethod, methods, type Arguments, type MethodName } from './methods.ts';
import {
  fromServer,
  maxSpoolBytes,
  type FromServer,
  type FromWorker,
  type WorkerHello,
  type WorkerStatus,
} from './protocol.ts';

/** The address of the attempt routes on the worker's machine. */
export interface LocalAttemptsAddress {
  find(): Promise<{ url: string; socket?: string | undefined } | { problem: string }>;
  noteStarted(handle: AttemptHandle): void;
}

/** What the worker has to answer calls with. */
export interface CallTarget {
  executor: Executor;
  attemptsAddress: LocalAttemptsAddress;
}

type Welcome = Extract<FromServer, { type: 'welcome' }>;

export interface WorkerSession {
  /** Tells the server that the worker wants to stop after its last run. */
  drain(): void;
  terminate(): void;
  closed: Promise<{ code: number; reason: string }>;
}

export interface SessionEvents {
  /** Called once: opens the executor of the installation, and reports the worker. */
  welcome(
    installation: Welcome,
  ): Promise<{ target: CallTarget; hello: Omit<WorkerHello, 'type' | 'status'> }>;
  /** The server drives the worker's runs from here on. */
  onReady(): void;
  /** `welcome` failed, which the next connection would not change. */
  onFailure(error: unknown): void;
}

/** Everything that a call may use of its connection. */
interface CallContext {
  signal: AbortSignal;
  sendLine: (line: EnvironmentLine) => void;
  ask: (copied: CopiedData) => Promise<boolean>;
  openConnection: MessageSocket<FromWorker>['openConnection'];
}

const statusIntervalMs = 10_000;
const listLimit = 1000;

/** Answers the calls of a server until the connection ends. Calls that are under way then are aborted. */
export function answerCalls(webSocket: WebSocket, events: SessionEvents): WorkerSession {
  const underWay = new Map<number, { abort: AbortController; answers: ((value: boolean) => void)[] }>();
  let target: CallTarget | null = null;

  const socket: MessageSocket<FromWorker> = openMessageSocket(webSocket, fromServer, (message) => {
    if (message.type === 'welcome') return void welcome(message);
    if (message.type === 'ready') return events.onReady();
    if (message.type === 'call') return void run(message.id, message.method, message.arguments);
    if (message.type === 'abort') return underWay.get(message.id)?.abort.abort();
    underWay.get(message.id)?.answers.shift()?.(message.value);
  });

  async function welcome(message: Welcome): Promise<void> {
    try {
      const opened = await events.welcome(message);
      target = opened.target;
      socket.send({ type: 'hello', ...opened.hello, status: readStatus(opened.target.executor) });
    } catch (error) {
      events.onFailure(error);
      socket.terminate();
    }
  }

  async function run(id: number, method: string, given: unknown): Promise<void> {
    const abort = new AbortController();
    const call = { abort, answers: [] as ((value: boolean) => void)[] };
    underWay.set(id, call);
    const context: CallContext = {
      signal: abort.signal,
      sendLine: (line) => socket.send({ type: 'line', id, line }),
      ask: (copied) =>
        new Promise((resolve) => {
          call.answers.push(resolve);
          abort.signal.addEventListener('abort', () => resolve(false));
          socket.send({ type: 'ask', id, copied });
        }),
      openConnection: (number) => socket.openConnection(number),
    };
    try {
      if (!target || !isMethod(method)) throw new Error(`This worker has no method ${method}.`);
      const parsed = methods[method].arguments.parse(given);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parsed by the schema of this method
      const answer = answers[method] as (target: CallTarget, given: unknown, context: CallContext) => unknown;
      socket.send({ type: 'result', id, value: (await answer(target, parsed, context)) ?? null });
    } catch (error) {
      socket.send({ type: 'error', id, error: toCallError(error) });
    } finally {
      underWay.delete(id);
    }
  }

  const reporting = setInterval(() => {
    if (target) socket.send({ type: 'status', status: readStatus(target.executor) });
  }, statusIntervalMs);
  const end = async (): Promise<void> => {
    await socket.closed;
    clearInterval(reporting);
    for (const { abort } of underWay.values()) abort.abort();
  };
  void end();
  return {
    drain: () => socket.send({ type: 'drain' }),
    terminate: () => socket.terminate(),
    closed: socket.closed,
  };
}

type Answers = {
  [Name in MethodName]: (
    target: CallTarget,
    given: Arguments<Name>,
    context: CallContext,
  ) => Promise<unknown>;
};

const answers: Answers = {
  probe: ({ executor }) => executor.probe(),
  readMachine: ({ executor }) => executor.readMachine(),
  findAttemptsAddress: ({ attemptsAddress }) => attemptsAddress.find(),
  async start({ executor, attemptsAddress }, spec) {
    const address = await attemptsAddress.find();
    if ('problem' in address) throw new ExecutorError('backend', address.problem);
    const handle = await executor.start({
      ...spec,
      attemptsUrl: address.url,
      ...(address.socket === undefined ? {} : { attemptsSocket: address.socket }),
    });
    attemptsAddress.noteStarted(handle);
    return handle;
  },
  async redirect({ executor, attemptsAddress }, { handle, notice }) {
    attemptsAddress.noteStarted(handle);
    await executor.redirect(handle, notice);
  },
  inspect: ({ executor }, { handle }) => executor.inspect(handle),
  stop: ({ executor }, { handle, graceSeconds }) => executor.stop(handle, { graceSeconds }),
  remove: ({ executor }, { handle }) => executor.remove(handle),
  list: ({ executor }) => executor.list(),
  async readSpool({ executor }, { handle, offset, maxBytes }) {
    const chunk = await executor.readSpool(handle, offset, Math.min(maxBytes, maxSpoolBytes));
    return chunk && Buffer.from(chunk).toString('base64');
  },
  listPythons: ({ executor }) => executor.listPythons(),
  buildEnvironment: ({ executor }, spec, { sendLine, signal }) =>
    executor.buildEnvironment(spec, sendLine, signal),
  hasEnvironment: ({ executor }, { location }, { sendLine }) => executor.hasEnvironment(location, sendLine),
  removeEnvironment: ({ executor }, { location }) => executor.removeEnvironment(location),
  measureEnvironment: ({ executor }, { location }) => executor.measureEnvironment(location),
  listCaches: ({ executor }) => executor.listCaches(),
  removeCache: ({ executor }, { organizationId }) => executor.removeCache(organizationId),
  listStoredPackages: ({ executor }) => executor.listStoredPackages(),
  removeStoredPackages: ({ executor }, { ids }) => executor.removeStoredPackages(ids),
  takeSnapshot: ({ executor }, { scope, extent }, { ask }) => executor.takeSnapshot(scope, ask, extent),
  refreshCopy: ({ executor }, { handle, scope }) => executor.refreshCopy(handle, scope),
  listResources: ({ executor }, options) => executor.listResources(options),
  removeResource: ({ executor }, resource) => executor.removeResource(resource),
  async connect({ executor }, { handle, port, connection }, { openConnection }) {
    if (!executor.appConnector) throw new ExecutorError('backend', 'This worker runs no apps.');
    const local = await executor.appConnector.connect(handle, port);
    joinConnections(local, openConnection(connection));
  },
};

function readStatus(executor: Executor): WorkerStatus {
  const { templates } = executor;
  return {
    capabilities: executor.capabilities(),
    usesPackageSources: true,
    listsPythons: true,
    pressure: executor.describePressure(),
    templates: templates && {
      list: templates.list().slice(0, listLimit),
      problem: templates.describeProblem(),
    },
  };
}

function toCallError(error: unknown): CallError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ExecutorError) return { kind: error.kind, message };
  if (error instanceof EnvironmentBuildError) return { kind: error.code, message };
  return { kind: error instanceof Error && error.name === 'AbortError' ? 'aborted' : 'other', message };
}
