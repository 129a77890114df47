/** Connects other servers of the installation to apps of the workers that are connected to this server. */
import type { AppConnectionProofs, AppTarget } from '../executors/remote/app-connection-proof.ts';
import type { Duplex } from 'node:stream';
import type { IncomingMessage, Server } from 'node:http';
import type { Logger } from 'pino';
import {
  answerHeader,
  appConnectionPath,
  appConnectionProtocol,
  maxCallAgeSeconds,
} from '../executors/remote/app-connection-proof.ts';
import { joinConnections } from '../executors/remote/join-connections.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';

export interface AppConnectionsOptions {
  /** Of this server. */
  serverId: string;
  proofs: AppConnectionProofs;
  /** The clock of the database: the clocks of servers may differ. */
  readClock: () => Promise<Date>;
  /** Connects only to workers that are connected to this server, so that no call goes further. */
  connect: (target: AppTarget) => Promise<Duplex>;
  log: Logger;
}

/** Whether a request wants a connection into an app; only servers of the installation get one. */
export function isAppConnection({ url, headers }: IncomingMessage): boolean {
  return url === appConnectionPath && headers.upgrade === appConnectionProtocol;
}

/**
 * Serves connections into apps on the listener of the API.
 * @returns a function that ends them
 */
export function serveAppConnections(
  server: Server,
  { serverId, proofs, readClock, connect, log }: AppConnectionsOptions,
): () => void {
  const open = new Set<IncomingMessage>();
  const isNew = createNonceCheck();

  async function admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const call = proofs.readCall(serverId, request.headers);
    // The nonce is noted before anything waits, so that of two equal calls one is refused.
    const isAdmitted = call !== null && isNew(call.nonce) && isRecent(call.sentAtMs, await readClock());
    if (!isAdmitted) return refuseUpgrade(socket, { status: 401, code: 'not_authenticated' }, notProved);
    let app: Duplex;
    try {
      app = await connect(call.target);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return refuseUpgrade(socket, { status: 502, code: 'app_not_answering' }, detail);
    }
    if (socket.destroyed) return void app.destroy();
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${appConnectionProtocol}\r\n${answerHeader}: ${call.answer}\r\n\r\n`,
    );
    if (head.length > 0) socket.unshift(head);
    joinConnections(socket, app, (one) => (one === app ? app.destroy() : reset(request)));
  }

  server.on('upgrade', (request, socket, head) => {
    if (!isAppConnection(request)) return;
    // Without it, a connection that breaks before its answer would end the process.
    socket.on('error', () => undefined);
    open.add(request);
    socket.once('close', () => open.delete(request));
    request.socket.setTimeout(0).setNoDelay(true).setKeepAlive(true, keepAliveMs);
    admit(request, socket, head).catch((error: unknown) => {
      log.error({ err: error }, 'a connection of another server into an app failed');
      refuseUpgrade(
        socket,
        { status: 503, code: 'internal' },
        'The server could not check the call. Try again.',
      );
    });
  });
  return () => {
    for (const request of open) reset(request);
  };
}

const keepAliveMs = 15_000;
const notProved = 'Only a server of this installation can open this connection.';

/** Without a reset, what was sent until now would look complete. */
function reset({ socket }: IncomingMessage): void {
  if (!socket.destroyed) socket.resetAndDestroy();
}

function isRecent(sentAtMs: number, now: Date): boolean {
  return Math.abs(now.getTime() - sentAtMs) <= maxCallAgeSeconds * 1000;
}

/** Remembers proved nonces for as long as their calls can be recent. */
function createNonceCheck(): (nonce: string) => boolean {
  const keptMs = (2 * maxCallAgeSeconds + 5) * 1000;
  const seen = new Map<string, number>();
  return (nonce) => {
    const now = performance.now();
    // Insertion order is the order of time.
    for (const [old, at] of seen) {
      if (now - at < keptMs) break;
      seen.delete(old);
    }
    if (seen.has(nonce)) return false;
    seen.set(nonce, now);
    return true;
  };
}
