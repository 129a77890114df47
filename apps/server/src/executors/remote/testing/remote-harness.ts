import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import type { ConformanceHarness } from '../../conformance/harness.ts';
import type { AttemptHandle } from '../../contract/attempt-handle.ts';
import type { AttemptSpec } from '../../contract/attempt-runner.ts';
import type { Executor } from '../../executor.ts';
import { answerCalls, type WorkerSession } from '../answer-calls.ts';
import { maxMessageBytes } from '../protocol.ts';
import { createRemoteExecutor } from '../remote-executor.ts';
import { openWorkerLink, type WorkerLink } from '../worker-link.ts';
import { unwrapHandle, wrapHandle, wrapLocation } from '../worker-names.ts';

/** A worker that is connected over a real WebSocket. */
export interface ConnectedWorker {
  link: WorkerLink;
  session: WorkerSession;
  close(): Promise<void>;
}

const noCapacity = {
  maxActiveRuns: 4,
  maxActiveApps: 4,
  overcommit: { cpus: 1, memory: 1 },
  appsShare: 0.5,
};

/** Connects a worker with this executor to a server that listens only for it. */
export async function connectWorker(
  executor: Executor,
  options: { name?: string; workerId: string; attemptsUrl?: () => string },
): Promise<ConnectedWorker> {
  const { name = 'edge-1', workerId, attemptsUrl = () => 'http://127.0.0.1:1' } = options;
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: maxMessageBytes });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const opened = new Promise<WorkerLink | null>((resolve, reject) => {
    server.once('connection', (webSocket) => {
      const worker = { installationId: 'installation-1', workerId, name, onDrain: () => undefined };
      openWorkerLink(webSocket, worker).then(resolve, reject);
    });
  });
  const session = answerCalls(new WebSocket(`ws://127.0.0.1:${port}`, { maxPayload: maxMessageBytes }), {
    welcome: async () => ({
      target: {
        executor,
        attemptsAddress: { find: async () => ({ url: attemptsUrl() }), noteStarted: () => undefined },
      },
      hello: {
        version: 'test',
        hostName: 'edge',
        labels: {},
        executor: executor.name as 'fake',
        platform: 'test',
        hasAppConnector: executor.appConnector !== null,
        capacity: noCapacity,
        isDraining: false,
      },
    }),
    onReady: () => undefined,
    onFailure: (error) => {
      throw error;
    },
  });
  const link = await opened;
  if (!link) throw new Error('The worker did not report itself.');
  return {
    link,
    session,
    async close() {
      session.terminate();
      await session.closed;
      server.close();
    },
  };
}

/** Puts a worker between the conformance suite and the executor of another harness. */
export async function createRemoteHarness(inner: ConformanceHarness): Promise<ConformanceHarness> {
  const workerId = randomUUID();
  const worker = { id: workerId, name: 'edge-1' };
  let url = 'http://127.0.0.1:1';
  const first = inner.createExecutor();
  const connected = await Promise.all(
    [first, inner.createExecutor()].map((executor) =>
      connectWorker(executor, { workerId, attemptsUrl: () => url }),
    ),
  );
  let created = 0;

  const toRemote = (spec: AttemptSpec): AttemptSpec => {
    url = spec.attemptsUrl;
    return { ...spec, environment: wrapLocation(workerId, spec.environment) };
  };
  const toInner = (handle: AttemptHandle): AttemptHandle => {
    const unwrapped = unwrapHandle(workerId, handle);
    if (!unwrapped) throw new Error('Not a handle of this worker.');
    return unwrapped;
  };

  return {
    ...inner,
    warmUp: async () => inner.warmUp?.(first),
    createExecutor() {
      const one = connected[created % connected.length];
      created += 1;
      return createRemoteExecutor(worker, one?.link ?? null);
    },
    createSpec: async (behaviour) => toRemote(await inner.createSpec(behaviour)),
    createAppSpec: async () => toRemote(await inner.createAppSpec()),
    async createLocalDataSpec(steps, folder) {
      const spec = await inner.createLocalDataSpec(steps, folder);
      return spec && toRemote(spec);
    },
    async createUnstartableSpec() {
      const { spec, kind } = await inner.createUnstartableSpec();
      return { spec: toRemote(spec), kind };
    },
    vanish: (handle) => inner.vanish(toInner(handle)),
    moveElsewhere: (handle) => wrapHandle(workerId, inner.moveElsewhere(toInner(handle))),
    async close() {
      await Promise.all(connected.map((one) => one.close()));
      await inner.close();
    },
  };
}
