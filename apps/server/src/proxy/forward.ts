/** Streams a request to its app and the response back. */
import type { AdmittedExchange } from './exchange.ts';
import type { AppConnections, ReadyApp } from './app-connections.ts';
import type { AppsLog } from './apps-log.ts';
import type { AppGate } from './app-gate.ts';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { isErrorCode } from '../platform/error-code.ts';
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
  gate: Pick<AppGate, 'isOwnToken'>;
  connections: AppConnections;
  log: AppsLog;
}

/** Not a real host, because the gate provides the connection. The app reads its host from a header. */
const nowhere = 'app.invalid';
const maxHeadBytes = 64 * 1024;
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @returns false if the app was not reached; then nothing of the request was read or answered */
export function forward(exchange: AdmittedExchange, ready: ReadyApp, tools: ForwardTools): Promise<boolean> {
  return new Promise((resolve) =>
    send(exchange, ready, { ...tools, settle: resolve }, exchange.upgradeHead === null),
  );
}

interface SendTools extends ForwardTools {
  settle: (isReached: boolean) => void;
}

/** @param isPooled whether an idle connection may be reused */
function send(exchange: AdmittedExchange, ready: ReadyApp, tools: SendTools, isPooled: boolean): void {
  const { request, response, app } = exchange;
  let sent: ClientRequest;
  try {
    sent = openRequest({
      host: nowhere,
      method: request.method,
      path: exchange.path,
      headers: headersForApp(exchange, tools.gate),
      setHost: false,
      maxHeaderSize: maxHeadBytes,
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
    // The app may have closed an idle connection just as it was reused.
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
  // Node would hold the headers back until the first chunk of the body, but the app may respond before that.
  sent.flushHeaders();
  // Start reading only when connected; otherwise the bytes read would be lost if the connection fails.
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
    if (response.headersSent || response.destroyed)
      throw new Error('The visitor no longer waits for the response');
    if (statusCode < 200) throw new Error(`The app answered with status ${statusCode}`);
    response.writeHead(statusCode, headersFromApp(answer.rawHeaders, exchange));
    response.flushHeaders();
  } catch (error) {
    answer.destroy();
    return failExchange(exchange, tools, error);
  }
  const isEventStream = /^text\/event-stream\b/i.test(answer.headers['content-type'] ?? '');
  // Do not time out silent event streams: clients would reconnect, which would count as use of an idle app.
  if (isEventStream) request.socket.setTimeout(0).setKeepAlive(true, keepAliveMs);
  answer.on('data', (chunk: Buffer) => {
    if (!isEventStream || hasEvents(chunk)) touch();
  });
  pipeline(answer, response, (error) => {
    if (!error) return;
    // Ending the response would make it look complete to the visitor.
    response.destroy();
    if (!isOfVisitor(error)) tools.log.warn('an app ended its response early', exchange.app.label, error);
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
    return failExchange(exchange, tools, new Error('The app switched to a protocol that was not requested'));
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

/** Responds with 502 if no headers were sent yet; after that the connection can only be cut. */
export function failExchange(
  exchange: AdmittedExchange,
  tools: Pick<ForwardTools, 'log'>,
  error: unknown,
  show: (exchange: AdmittedExchange) => void = showNotAnswering,
): void {
  const { response, app } = exchange;
  if (response.destroyed) return;
  tools.log.warn('an app sent an invalid response', app.label, error);
  if (response.headersSent) response.destroy();
  else show(exchange);
}

function isRepeatable(request: IncomingMessage): boolean {
  return repeatable.has(request.method ?? '') && !hasBody(request);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** The visitor disconnected, which is not worth logging. */
function isOfVisitor(error: unknown): boolean {
  return isErrorCode(error, 'ERR_STREAM_PREMATURE_CLOSE');
}
