import type { WebSocket } from 'ws';
import type { Duplex } from 'node:stream';
import type { CopiedData } from '../contract/local-data-store.ts';
import type { EnvironmentLine } from '../contract/environment-builder.ts';
import type { CallError } from './values.ts';
import { EnvironmentBuildError } from '../contract/environment-builder.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { openMessageSocket } from './message-socket.ts';
import { methods, type Arguments, type MethodName, type Result } from './methods.ts';
import { closeCodes, fromWorker, type FromServer, type WorkerHello, type WorkerStatus } from './protocol.ts';

export interface CallOptions {
  signal?: AbortSignal | undefined;
  onLine?: ((line: EnvironmentLine) => void) | undefined;
  /** Answers a question of the worker during the call. */
  onAsk?: (copied: CopiedData) => Promise<boolean>;
}

/** The server's side of the connection of a worker that has reported itself. */
export interface WorkerLink {
  readonly hello: WorkerHello;
  readonly status: WorkerStatus;
  readonly isOpen: boolean;
  /** @throws ExecutorError, EnvironmentBuildError; backend after a lost connection */
  call<Name extends MethodName>(
    method: Name,
    given: Arguments<Name>,
    options?: CallOptions,
  ): Promise<Result<Name>>;
  /**
   * Opens a connection into an app.
   * @param request makes the worker connect it under this number
   * @throws whatever `request` throws
   */
  openConnection(request: (number: number) => Promise<unknown>): Promise<Duplex>;
  /** Tells the worker that the server drives its runs from here on. */
  sendReady(): void;
  close(code: number, reason: string): void;
  closed: Promise<{ code: number; reason: string }>;
}

export interface WelcomedWorker {
  installationId: string;
  workerId: string;
  name: string;
  /** Called when the worker wants to stop after its last run. */
  onDrain: () => void;
}

interface Pending {
  method: MethodName;
  options: CallOptions;
  settle: (result: { value: unknown } | { error: Error }) => void;
}

/** A worker creates its executor after the welcome, which may build an image. */
const maxHelloSeconds = 120;

/**
 * Welcomes a worker and waits until it reports itself.
 * @returns null if the connection ended before
 */
export async function openWorkerLink(
  webSocket: WebSocket,
  worker: WelcomedWorker,
): Promise<WorkerLink | null> {
  const pending = new Map<number, Pending>();
  const reported = Promise.withResolvers<WorkerHello | null>();
  let status: WorkerStatus | null = null;
  let lastId = 0;
  let lastConnection = 0;

  const socket = openMessageSocket<typeof fromWorker, FromServer>(webSocket, fromWorker, (message) => {
    if (message.type === 'hello') {
      status = message.status;
      return reported.resolve(message);
    }
    if (message.type === 'status') return void (status = message.status);
    if (message.type === 'drain') return worker.onDrain();
    // A result of a call that was aborted, or whose time was over.
    const call = pending.get(message.id);
    if (!call) return;
    if (message.type === 'line') call.options.onLine?.(message.line);
    if (message.type === 'ask') void answer(message.id, call, message.copied);
    if (message.type === 'result') call.settle({ value: message.value });
    if (message.type === 'error') call.settle({ error: toError(message.error) });
  });

  async function answer(id: number, { options, settle }: Pending, copied: CopiedData): Promise<void> {
    try {
      socket.send({ type: 'answer', id, value: (await options.onAsk?.(copied)) ?? false });
    } catch (error) {
      // The snapshot is discarded, and its caller gets the reason.
      socket.send({ type: 'answer', id, value: false });
      settle({ error: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  function call<Name extends MethodName>(
    method: Name,
    given: Arguments<Name>,
    options: CallOptions = {},
  ): Promise<Result<Name>> {
    const { deadlineSeconds, result } = methods[method];
    const { signal } = options;
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      if (!socket.isOpen) return reject(lostConnection(worker.name));
      const abort = (error: Error) => {
        socket.send({ type: 'abort', id });
        settle({ error });
      };
      const onAbort = () => abort(signal?.reason instanceof Error ? signal.reason : new Error('Aborted.'));
      const timer =
        deadlineSeconds === null
          ? undefined
          : setTimeout(() => abort(late(worker.name, method, deadlineSeconds)), deadlineSeconds * 1000);
      const settle: Pending['settle'] = (settled) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        pending.delete(id);
        if ('error' in settled) return reject(settled.error);
        const parsed = result.safeParse(settled.value);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- parsed by the schema of this method
        if (parsed.success) return resolve(parsed.data as Result<Name>);
        reject(invalidResult(worker.name, method));
      };
      pending.set(id, { method, options, settle });
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort);
      socket.send({ type: 'call', id, method, arguments: given });
    });
  }

  const end = async (): Promise<void> => {
    await socket.closed;
    reported.resolve(null);
    for (const one of pending.values()) one.settle({ error: lostConnection(worker.name) });
  };
  void end();
  const { installationId, workerId, name } = worker;
  socket.send({ type: 'welcome', installationId, workerId, name });
  const timer = setTimeout(
    () => socket.close(closeCodes.invalid, `No hello within ${maxHelloSeconds} s`),
    maxHelloSeconds * 1000,
  );
  const hello = await reported.promise;
  clearTimeout(timer);
  if (!hello) return null;
  return {
    hello,
    get status() {
      return status ?? hello.status;
    },
    get isOpen() {
      return socket.isOpen;
    },
    call,
    async openConnection(request) {
      lastConnection += 1;
      const number = lastConnection;
      const connection = socket.openConnection(number);
      try {
        await request(number);
        return connection;
      } catch (error) {
        connection.breakOff();
        throw error;
      }
    },
    sendReady: () => socket.send({ type: 'ready' }),
    close: (code, reason) => socket.close(code, reason),
    closed: socket.closed,
  };
}

export function lostConnection(name: string): ExecutorError {
  return new ExecutorError('backend', `The worker ${name} is not connected.`);
}

function late(name: string, method: string, seconds: number): ExecutorError {
  return new ExecutorError('backend', `The worker ${name} has not answered ${method} within ${seconds} s.`);
}

function invalidResult(name: string, method: string): ExecutorError {
  return new ExecutorError('backend', `The worker ${name} has given an invalid answer to ${method}.`);
}

function toError({ kind, message }: CallError): Error {
  switch (kind) {
    case 'image':
    case 'quota':
    case 'config':
    case 'backend':
      return new ExecutorError(kind, message);
    case 'python_not_found':
    case 'requirements_failed':
    case 'builder_failed':
      return new EnvironmentBuildError(kind, message);
    default:
      return new ExecutorError('backend', message);
  }
}
