/**
 * The proxy in front of interactive apps: an HTTP server on its own port
 * (docs/decisions/0038-proxy-of-apps.md).
 */
import type { Socket } from 'node:net';
import type { AppGate } from './app-gate.ts';
import type { AppsLimits } from './limits.ts';
import type { AppsHosts, HostTarget } from './hosts.ts';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { PortRange } from '../domain/primitives/port-range.ts';
import { listeningAddress } from '../platform/listening-address.ts';
import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { createAppConnections } from './app-connections.ts';
import { createAppsLog } from './apps-log.ts';
import { createOpenConnections } from './open-connections.ts';
import { createOpenCounts, defaultLimits } from './limits.ts';
import { createVisitorAddress } from './visitor-address.ts';
import { createWaiting } from './waiting.ts';
import { listenOnOtherLoopback, type OtherLoopback } from '../listeners/other-loopback.ts';
import { openPortAcceptors, type PortAcceptors } from './port-acceptors.ts';
import { sendError } from './answers.ts';
import { serveExchange, type ServeParts } from './serve-exchange.ts';

export interface AppsListenerOptions {
  gate: AppGate;
  /** URL of the console; null if it has only the address it listens on. */
  publicUrl: string | null;
  /**
   * Creates the hosts of apps, once the proxy listens.
   * @param port the listening port
   */
  makeHosts: (port: number) => AppsHosts;
  /** Range of ports for apps; null if apps have host names. */
  ports?: PortRange | null;
  /** Proxies whose X-Forwarded-For is trusted. */
  trustedProxies?: readonly string[];
  limits?: Partial<AppsLimits>;
  log: Pick<Logger, 'warn'>;
}

export interface AppsListener {
  listen(at: { host: string; port: number }): Promise<void>;
  port(): number;
  /** Counts open requests and WebSockets. */
  countOpen(): number;
  /** Stops accepting connections, lets requests finish for a moment, and cuts the rest. */
  close(): Promise<void>;
}

const maxHeadBytes = 32 * 1024;
/** Longer than TLS proxies keep idle connections. */
const keptMs = 75_000;
const maxSockets = 10_000;
const headCheckMs = 2000;

export function createAppsListener(options: AppsListenerOptions): AppsListener {
  const { gate, publicUrl, makeHosts, ports = null } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const log = createAppsLog(options.log);
  let hosts: AppsHosts | null = null;
  let acceptors: PortAcceptors | null = null;
  let otherLoopback: OtherLoopback | null = null;
  const connections = createAppConnections(limits);
  const open = createOpenConnections(gate, limits.checkMs, log);
  const parts: ServeParts = {
    gate,
    publicUrl,
    hosts: () => requireListening(hosts),
    connections,
    open,
    log,
    limits,
    counts: createOpenCounts(limits),
    waiting: createWaiting(gate, limits.waitMs),
    addressOf: createVisitorAddress(options.trustedProxies ?? []),
  };

  function serve(request: IncomingMessage, response: ServerResponse, head: Buffer | null): void {
    serveExchange(request, response, head, parts).catch((error: unknown) => {
      const scope = parts.hosts().locate(request.headers.host, request.socket.localPort ?? 0);
      log.warn('a request for an app failed', describeHost(scope), error);
      if (response.headersSent) response.destroy();
      else sendError(response, 'unavailable', 'The server failed; try again.');
    });
  }

  const server = createServer({
    maxHeaderSize: maxHeadBytes,
    headersTimeout: limits.headMs,
    // A body may take any time while bytes keep arriving.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(headCheckMs, limits.headMs),
    keepAliveTimeout: keptMs,
    shouldUpgradeCallback: isWebSocket,
  });
  server.timeout = limits.idleMs;
  server.maxConnections = maxSockets;
  server.on('request', (request, response) => serve(request, response, null));
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    serve(request, answerOn(request, socket), head);
  });
  server.on('clientError', refuseGarbage);

  return {
    async listen({ host, port }) {
      await startListening(server, host, port);
      hosts = makeHosts(portOf(server));
      try {
        otherLoopback = await listenOnOtherLoopback(server, { host, port: portOf(server), maxSockets });
        if (ports === null) return;
        acceptors = await openPortAcceptors(server, { host, ports, maxSockets });
      } catch (error) {
        server.close();
        await otherLoopback?.close();
        throw error;
      }
    },
    port: () => portOf(server),
    countOpen: () => open.count(),
    async close() {
      await open.stop();
      await drain(server, [acceptors, otherLoopback], {
        drainMs: limits.drainMs,
        cutAll: () => open.cutAll(),
      });
      connections.destroy();
    },
  };
}

/** No other protocol upgrade is allowed: cleartext HTTP/2 would bypass all checks here. */
function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * An upgrade has no response object. With this one, a request that is not a WebSocket after all is answered
 * like any other.
 */
function answerOn(request: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  socket.on('error', () => undefined);
  response.assignSocket(socket);
  const drained = () => void response.emit('drain');
  socket.on('drain', drained);
  response.once('finish', () => {
    socket.off('drain', drained);
    response.detachSocket(socket);
    socket.destroySoon();
  });
  return response;
}

function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

async function startListening(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function requireListening(hosts: AppsHosts | null): AppsHosts {
  if (!hosts) throw new Error('The listener of apps does not listen yet');
  return hosts;
}

/** Name of the app for log lines. */
function describeHost(scope: HostTarget): string | null {
  if (scope.kind !== 'own') return null;
  return 'label' in scope.app ? scope.app.label : `port ${scope.app.port}`;
}

async function drain(
  server: Server,
  acceptors: readonly (Pick<PortAcceptors, 'close'> | null)[],
  { drainMs, cutAll }: { drainMs: number; cutAll: () => void },
): Promise<void> {
  if (!server.listening) return;
  const giveUp = setTimeout(() => {
    cutAll();
    server.closeAllConnections();
  }, drainMs);
  try {
    await Promise.all([
      ...acceptors.map((one) => one?.close()),
      new Promise<void>((resolve) => server.close(() => resolve())),
    ]);
  } finally {
    clearTimeout(giveUp);
  }
}

function portOf(server: Server): number {
  return listeningAddress(server).port;
}
