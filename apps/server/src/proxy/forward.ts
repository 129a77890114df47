/** Hands a request on to its app and the answer back, piece by piece as it comes. */
import type { AdmittedExchange } from './exchange.ts';
import type { AppConnections, ReadyApp } from './app-connections.ts';
import type { AppsLog } from './apps-log.ts';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { pipeline, type Duplex } from 'node:stream';
import { request as openRequest } from 'node:http';
import { connectOnce, UnreachedError } from './app-connections.ts';
import { hasEvents } from './use-notes.ts';
import { headersForApp } from './request-headers.ts';
import { headersFromApp } from './response-headers.ts';
import { isForMcpClients, showMcpConnection } from './mcp-page.ts';
import { joinWebSocket, keepAliveMs } from './join-web-socket.ts';
import { showNotAnswering } from './show-state.ts';

export interface ForwardTools {
  connections: AppConnections;
  log: AppsLog;
}

/** Names no host: the connection is the gate's. What the app reads as its host is a header. */
const nowhere = 'app.invalid';
const largestHead = 64 * 1024;
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @returns false where the app was not reached: nothing of the request was read or answered then */
export function forward(exchange: AdmittedExchange, ready: ReadyApp, tools: ForwardTools): Promise<boolean> {
  return new Promise((resolve) =>
    send(exchange, ready, { ...tools, settle: resolve }, exchange.upgradeHead === null),
  );
}

interface SendTools extends ForwardTools {
  settle: (isReached: boolean) => void;
}

/** @param isPooled whether a connection that was used before will do */
function send(exchange: AdmittedExchange, ready: ReadyApp, tools: SendTools, isPooled: boolean): void {
  const { request, response, app } = exchange;
  let sent: ClientRequest;
  try {
    sent = openRequest({
      host: nowhere,
      method: request.method,
      path: exchange.path,
      headers: headersForApp(exchange),
      setHost: false,
      maxHeaderSize: largestHead,
      ...(isPooled
        ? { agent: tools.connections.agentOf(app, ready) }
        : { createConnection: connectOnce(ready) }),
    });
  } catch (error) {
    tools.settle(true);
    return failExchange(exchange, tools, error);
  }
  const stop = () => void sent.destroy();
  response.once('close', stop);
  sent.on('socket', () => tools.settle(true));
  sent.on('response', (answer) => passBack(exchange, answer, tools));
  sent.on('upgrade', (answer, socket, head) => passUpgrade(exchange, answer, socket, head, tools));
  sent.on('error', (error) => {
    request.unpipe(sent);
    response.off('close', stop);
    const isUnreached = error instanceof UnreachedError && !response.destroyed;
    tools.settle(!isUnreached);
    if (isUnreached || response.headersSent || response.destroyed) return;
    // A connection that was kept may have been ended by the app at the moment it was used again.
    if (isPooled && sent.reusedSocket && isRepeatable(request)) send(exchange, ready, tools, false);
    else failExchange(exchange, tools, error);
  });
  sendBody(exchange, sent);
}

function sendBody({ request, upgradeHead, touch }: AdmittedExchange, sent: ClientRequest): void {
  if (upgradeHead !== null || !hasBody(request)) {
    sent.end();
    return;
  }
  // Node would keep the head until there is a piece of the body: an app may want to answer before.
  sent.flushHeaders();
  // Not before there is a connection: what was read would be lost where there is none.
  sent.once('socket', () => {
    request.on('data', touch);
    request.pipe(sent);
  });
}

function passBack(exchange: AdmittedExchange, answer: IncomingMessage, tools: ForwardTools): void {
  const { response, request, touch } = exchange;
  const { statusCode = 0 } = answer;
  if (isForMcpClients(exchange, statusCode)) {
    answer.resume();
    return showMcpConnection(exchange);
  }
  try {
    if (response.headersSent || response.destroyed) throw new Error('Nobody waits for the answer');
    if (statusCode < 200) throw new Error(`The app answered with status ${statusCode}`);
    response.writeHead(statusCode, headersFromApp(answer.rawHeaders, exchange));
    response.flushHeaders();
  } catch (error) {
    answer.destroy();
    return failExchange(exchange, tools, error);
  }
  const isEventStream = /^text\/event-stream\b/i.test(answer.headers['content-type'] ?? '');
  // Who has a silent stream cut connects again, which would be use of an app that nobody uses.
  if (isEventStream) request.socket.setTimeout(0).setKeepAlive(true, keepAliveMs);
  answer.on('data', (chunk: Buffer) => {
    if (!isEventStream || hasEvents(chunk)) touch();
  });
  pipeline(answer, response, (error) => {
    if (!error) return;
    // Ending it would tell the visitor that this was all.
    response.destroy();
    if (!isOfVisitor(error)) tools.log.warn('an app broke off its answer', exchange.app.label, error);
  });
}

function passUpgrade(
  exchange: AdmittedExchange,
  answer: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  tools: ForwardTools,
): void {
  const { response, upgradeHead } = exchange;
  socket.on('error', () => undefined);
  const isAsked = upgradeHead !== null && answer.headers.upgrade?.toLowerCase() === 'websocket';
  if (!isAsked || response.destroyed || !response.socket) {
    socket.destroy();
    return failExchange(exchange, tools, new Error('The app changed to a protocol that nobody asked for'));
  }
  try {
    const headers = headersFromApp(answer.rawHeaders, exchange);
    response.writeHead(101, [...headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket']);
    response.flushHeaders();
  } catch (error) {
    socket.destroy();
    return failExchange(exchange, tools, error);
  }
  joinWebSocket(exchange, { socket, head });
}

/** Before a head went out it is 502; afterwards nothing is left but to cut the connection. */
export function failExchange(
  exchange: AdmittedExchange,
  tools: Pick<ForwardTools, 'log'>,
  error: unknown,
): void {
  const { response, app } = exchange;
  if (response.destroyed) return;
  tools.log.warn('an app does not answer as it should', app.label, error);
  if (response.headersSent) response.destroy();
  else showNotAnswering(exchange);
}

function isRepeatable(request: IncomingMessage): boolean {
  return repeatable.has(request.method ?? '') && !hasBody(request);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** The visitor went away, which is nothing to note. */
function isOfVisitor(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_STREAM_PREMATURE_CLOSE';
}
