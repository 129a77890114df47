import type { App, AppGate, Visitor } from '@pumphouse/server/proxy/app-gate.ts';
import type { Row } from './report.ts';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Agent, createServer, request as openRequest } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { createAppsListener } from '@pumphouse/server/proxy/apps-listener.ts';
import { createNamedHosts } from '@pumphouse/server/proxy/hosts.ts';
import { summarize } from './samples.ts';

const app: App = {
  jobId: 'job',
  workspaceId: 'workspace',
  name: 'App',
  label: 'app',
  port: null,
  interface: 'gui',
  startPath: '/',
};
const visitor: Visitor = { kind: 'member', sessionId: 'session', userId: 'user' };
const warmUps = 200;
const callsInRound = 300;
const downloadMb = 256;

/**
 * The proxy's overhead for a request, a message and a download, compared with the same app on its own port.
 */
export async function measureApps(rounds: number): Promise<Row[]> {
  const upstream = await startApp();
  const port = (upstream.address() as AddressInfo).port;
  const listener = createAppsListener({
    gate: createOpenGate(port),
    publicUrl: null,
    makeHosts: (port) => createNamedHosts(null, port),
    log: { warn: () => undefined },
  });
  await listener.listen({ host: '127.0.0.1', port: 0 });
  const origin = createNamedHosts(null, listener.port()).originOf(app) ?? '';
  const direct = { port, headers: {} };
  const proxied = {
    port: listener.port(),
    headers: { host: new URL(origin).host, cookie: 'pumphouse-app-app=good', origin },
  };
  try {
    return [
      await compare('request through the proxy', 'ms', rounds, direct, proxied, timeRequests, 1),
      await compare('WebSocket message and its echo', 'ms', rounds, direct, proxied, timeEchoes, 1),
      await compare(`${downloadMb} MiB down`, 'ms', rounds, direct, proxied, timeDownload, null),
    ];
  } finally {
    await listener.close();
    upstream.closeAllConnections();
    upstream.close();
  }
}

interface EntryPoint {
  port: number;
  headers: Record<string, string>;
}

async function compare(
  name: string,
  unit: 'ms',
  rounds: number,
  direct: EntryPoint,
  proxied: EntryPoint,
  take: (entry: EntryPoint) => Promise<number[]>,
  overBaseline: number | null,
): Promise<Row> {
  const times = { direct: [] as number[], proxied: [] as number[] };
  // Alternate, so that other load on the machine affects both.
  for (let round = 0; round < rounds; round += 1) {
    times.direct.push(...(await take(direct)));
    times.proxied.push(...(await take(proxied)));
  }
  return {
    name,
    unit,
    figure: summarize(times.proxied, { withP95: true }),
    baseline: { name: 'at the port of the app', figure: summarize(times.direct, { withP95: true }) },
    goal: overBaseline === null ? null : { of: 'over-baseline', atMost: overBaseline },
  };
}

async function timeRequests(entry: EntryPoint): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (let call = 0; call < warmUps + callsInRound; call += 1) {
    const began = performance.now();
    await read(await get(entry, '/', agent));
    if (call >= warmUps) times.push(performance.now() - began);
  }
  agent.destroy();
  return times;
}

async function timeEchoes({ port, headers }: EntryPoint): Promise<number[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers });
  await once(socket, 'open');
  const times: number[] = [];
  for (let message = 0; message < warmUps + callsInRound; message += 1) {
    const began = performance.now();
    socket.send('hello');
    await once(socket, 'message');
    if (message >= warmUps) times.push(performance.now() - began);
  }
  socket.close();
  await once(socket, 'close');
  return times;
}

async function timeDownload(entry: EntryPoint): Promise<number[]> {
  const agent = new Agent();
  const began = performance.now();
  await read(await get(entry, '/large', agent));
  return [performance.now() - began];
}

async function get({ port, headers }: EntryPoint, path: string, agent: Agent): Promise<IncomingMessage> {
  const sent = openRequest({ host: '127.0.0.1', port, path, headers, agent }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return answer;
}

async function read(answer: IncomingMessage): Promise<void> {
  answer.resume();
  await once(answer, 'end');
}

async function startApp(): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === '/large') writeDownload(response);
    else response.end('{"hello":"world"}');
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function writeDownload(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024);
  let left = (downloadMb * 1024 * 1024) / chunk.length;
  const write = () => {
    while (left > 0) {
      left -= 1;
      if (!response.write(chunk)) return;
    }
    response.end();
  };
  response.on('drain', write);
  write();
}

/** Admits everyone immediately: the cost of access checks is measured elsewhere. */
function createOpenGate(port: number): AppGate {
  const ready = {
    kind: 'ready' as const,
    instance: 'one',
    async connect() {
      const socket = connect({ host: '127.0.0.1', port });
      await once(socket, 'connect');
      return socket;
    },
  };
  return {
    find: async () => app,
    look: async () => ready,
    wake: async () => ready,
    noteUse: () => undefined,
    noteConnected: () => undefined,
    findSession: async () => visitor,
    findKey: async () => null,
    isOwnToken: () => false,
    takeCode: async () => null,
    openLink: async () => ({ kind: 'none' }),
    endSession: async () => undefined,
    findEnded: async () => [],
    onAccessRevoked: () => () => undefined,
    signInUrl: () => '/',
  };
}
