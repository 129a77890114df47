import type { AuthenticateWorker } from '../services/workers/authenticate-worker.ts';
import type { Duplex } from 'node:stream';
import type { IncomingMessage, Server } from 'node:http';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { WorkerRecord } from '../store/records.ts';
import { WebSocketServer } from 'ws';
import { connectionPath, maxMessageBytes, workerProtocol } from '../executors/remote/protocol.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';

/** Takes an authenticated connection of a worker. */
export type AcceptWorker = (
  webSocket: WebSocket,
  worker: WorkerRecord,
  tokenHash: Uint8Array,
) => Promise<void>;

export interface WorkerConnectionsOptions {
  authenticateWorker: AuthenticateWorker;
  accept: AcceptWorker;
  log: Logger;
}

/** Whether a request wants a connection for a worker; all others are answered as if they asked for no upgrade. */
export function isWorkerConnection({ url }: IncomingMessage): boolean {
  return url?.split('?', 1)[0] === connectionPath;
}

/**
 * Serves the WebSockets of workers on the listener of the API.
 * @returns a function that ends them
 */
export function serveWorkerConnections(
  server: Server,
  { authenticateWorker, accept, log }: WorkerConnectionsOptions,
): () => void {
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: () => workerProtocol,
  });

  async function admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
    if (!offered.includes(workerProtocol))
      return refuseUpgrade(socket, { status: 426, code: 'worker_protocol' }, describeSkew(offered));
    const token = /^Bearer (?<token>\S+)$/i.exec(request.headers.authorization ?? '')?.groups?.['token'];
    const found = token === undefined ? null : await authenticateWorker(token);
    if (!found) return refuseUpgrade(socket, { status: 401, code: 'not_authenticated' }, invalidToken);
    if (socket.destroyed) return;
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      accept(webSocket, found.worker, found.tokenHash).catch((error: unknown) => {
        log.error({ err: error, workerId: found.worker.id }, 'a worker was not accepted');
        webSocket.terminate();
      });
    });
  }

  server.on('upgrade', (request, socket, head) => {
    if (!isWorkerConnection(request)) return;
    // Without it, a connection that breaks before its answer would end the process.
    socket.on('error', () => undefined);
    admit(request, socket, head).catch((error: unknown) => {
      log.error({ err: error }, 'a worker could not be authenticated');
      const detail = 'The server could not check the token. Try again.';
      refuseUpgrade(socket, { status: 503, code: 'internal' }, detail);
    });
  });
  return () => {
    for (const webSocket of webSockets.clients) webSocket.terminate();
  };
}

const invalidToken =
  'The token of the worker is not valid: it was revoked, or its worker was removed. Create a worker, or a new token for it, and start the worker with it.';

function describeSkew(offered: readonly string[]): string {
  const theirs = offered.filter(Boolean).join(', ') || 'no protocol';
  return `This server speaks ${workerProtocol} with workers, the worker ${theirs}. Install the release of the server on the machine of the worker.`;
}
