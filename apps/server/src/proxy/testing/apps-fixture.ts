/** The proxy over a fake gate, with apps on node:http and ws behind it. */
import type { AppsLimits } from '../limits.ts';
import type { AppState } from '../app-gate.ts';
import type { PortRange } from '../../domain/primitives/port-range.ts';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { createServer, request as openRequest } from 'node:http';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { findFreePort } from '@pumphouse/testing/fixtures/free-port.ts';
import { createAppsListener, type AppsListener } from '../apps-listener.ts';
import { createFakeGate, type FakeGate } from './fake-gate.ts';
import { createNamedHosts } from '../hosts.ts';
import { createPortHosts } from '../port-hosts.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface Asked {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string;
  /** `sales.localhost:<port>` by default. */
  host?: string;
  /** The port of the bare address by default. */
  port?: number;
}

export const cookie = { cookie: 'pumphouse-app-sales=good' };
export const secureCookie = { cookie: '__Host-pumphouse-app-sales=good' };
export const navigation = { accept: 'text/html,*/*', 'sec-fetch-mode': 'navigate' };

export type AppsFixture = Awaited<ReturnType<typeof openAppsFixture>>;

export async function openAppsFixture(
  options: {
    limits?: Partial<AppsLimits>;
    domain?: string;
    /** Gives apps these ports in place of names, on the host of `serverUrl`. */
    ports?: PortRange;
    serverUrl?: string;
    trustedProxies?: string[];
    /** Wraps the gate's connections. */
    wrap?: (socket: Socket) => Duplex;
  } = {},
) {
  const { gate, fake } = createFakeGate();
  const { ports = null } = options;
  const logged: string[] = [];
  const listener = createAppsListener({
    gate,
    publicUrl: 'http://console.test',
    makeHosts: (port) =>
      ports === null
        ? createNamedHosts(options.domain ?? null, port)
        : createPortHosts({ serverUrl: options.serverUrl ?? 'http://127.0.0.1:8080', ports, barePort: port }),
    ports,
    trustedProxies: options.trustedProxies ?? [],
    limits: { checkMs: 50, drainMs: 200, reuseMs: 60_000, ...options.limits },
    log: { warn: (...message: unknown[]) => void logged.push(JSON.stringify(message)) },
  });
  // Not an ephemeral port: an outgoing connection may have it at the other loopback address.
  await listener.listen({ host: '127.0.0.1', port: await findFreePort() });
  const port = listener.port();
  const upstream = await openUpstream();

  /** Makes the app respond with this handler from now on. */
  function serve(handler: RequestListener): void {
    upstream.handler = handler;
    fake.states.set('sales', readyAt(upstream.port));
    fake.states.set('stock', readyAt(upstream.port));
  }

  function readyAt(upstreamPort: number, instance = 'instance-1'): AppState {
    return {
      kind: 'ready',
      instance,
      async connect() {
        const socket = connect({ host: '127.0.0.1', port: upstreamPort });
        await once(socket, 'connect');
        return options.wrap?.(socket) ?? socket;
      },
    };
  }

  return {
    fake,
    gate,
    listener,
    logged,
    port,
    upstream,
    serve,
    readyAt,
    origin: `http://sales.localhost:${port}`,
    ask: (path: string, asked: Asked = {}) => ask(asked.port ?? port, path, asked),
    openStream: (path: string, asked: Asked = {}) => openStream(asked.port ?? port, path, asked),
    sendRaw: (text: string) => sendRaw(port, text),
    openSocket: (headers: Record<string, string>, path = '/ws', at = port) => openSocket(at, headers, path),
    async close(): Promise<void> {
      await Promise.all([listener.close(), upstream.close()]);
    },
  };
}

async function openUpstream() {
  const state = { handler: ((_request, response) => response.end()) as RequestListener };
  const requests: IncomingMessage[] = [];
  const connections = new Set<Socket>();
  const server = createServer({ requestTimeout: 0 }, (request, response: ServerResponse) => {
    requests.push(request);
    state.handler(request, response);
  });
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    requests.push(request);
    sockets.handleUpgrade(request, socket, head, (opened) => {
      opened.on('message', (data, isBinary) => opened.send(data, { binary: isBinary }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    get handler() {
      return state.handler;
    },
    set handler(handler: RequestListener) {
      state.handler = handler;
    },
    requests,
    connections,
    sockets,
    port: (server.address() as AddressInfo).port,
    async close(): Promise<void> {
      server.close();
      for (const socket of connections) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
}

/** A server that answers each connection with these bytes, whatever the request. */
export async function openGarbage(bytes: string, then: (socket: Socket) => void = (socket) => socket.end()) {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(bytes, 'latin1', () => then(socket)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}

export async function openStream(port: number, path: string, asked: Asked): Promise<IncomingMessage> {
  const sent = openRequest({
    host: '127.0.0.1',
    port,
    path,
    method: asked.method ?? 'GET',
    headers: { host: asked.host ?? `sales.localhost:${port}`, ...asked.headers },
    agent: false,
  });
  sent.end(asked.body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  sent.on('error', () => undefined);
  return answer;
}

async function ask(port: number, path: string, asked: Asked): Promise<Answer> {
  const answer = await openStream(port, path, asked);
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk as string;
  return { status: answer.statusCode ?? 0, headers: answer.headers, text };
}

/** @returns all data received until the other side closes */
async function sendRaw(port: number, text: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  let answer = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (answer += chunk));
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return answer;
}

/** @returns an open WebSocket, or the status with which it was rejected */
async function openSocket(
  port: number,
  headers: Record<string, string>,
  path: string,
): Promise<WebSocket | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: { host: `sales.localhost:${port}`, ...headers },
  });
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_request, answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    socket.once('close', () => resolve(0));
  });
}

/** @throws Error if it was rejected */
export function requireOpen(socket: WebSocket | number): WebSocket {
  if (typeof socket === 'number') throw new Error(`The WebSocket was refused with ${socket}`);
  return socket;
}

export type { AppsListener, FakeGate };
