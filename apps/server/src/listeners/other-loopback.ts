/**
 * A server on one loopback address listens on the other too: `localhost` may be either, and a program on the
 * other one would get its clients.
 */
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';

export interface OtherLoopback {
  /**
   * Stops accepting connections.
   * @returns once all have ended
   */
  close(): Promise<void>;
}

/** @returns null for an address without a counterpart */
export function findOtherLoopback(host: string): string | null {
  if (host === '127.0.0.1' || host === '0.0.0.0') return '::1';
  return host === '::1' ? '127.0.0.1' : null;
}

/** Whether a listen error means that this machine lacks the address. */
export function isAddressMissing(code: string): boolean {
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

/**
 * Passes connections at the other loopback address of the same port to a server. Does nothing on machines
 * without that address.
 * @param at the address of the server
 * @param at.maxSockets maximum open sockets there
 * @throws Error when another program uses the port there, because it would receive what clients send to
 * `localhost`
 */
export async function listenOnOtherLoopback(
  server: HttpServer,
  at: { host: string; port: number; maxSockets?: number },
): Promise<OtherLoopback> {
  const host = findOtherLoopback(at.host);
  if (host === null) return { close: async () => undefined };
  // With the options that node:http uses.
  const acceptor = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    server.emit('connection', socket),
  );
  if (at.maxSockets !== undefined) acceptor.maxConnections = at.maxSockets;
  const problem = await startListening(acceptor, { host, port: at.port });
  if (problem === null) return { close: () => new Promise((resolve) => acceptor.close(() => resolve())) };
  if (isAddressMissing(problem)) return { close: async () => undefined };
  const scope = host === '::1' ? `[::1]:${at.port}` : `${host}:${at.port}`;
  throw new Error(
    `Another program listens on ${scope} (${problem}) and would receive requests that clients send to localhost:${at.port}. ` +
      'End it, or choose another port.',
  );
}

/** @returns the error code; null once it listens */
export async function startListening(
  acceptor: Server,
  at: { host: string; port: number },
): Promise<string | null> {
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message);
    acceptor.once('error', fail);
    acceptor.listen(at, () => {
      acceptor.off('error', fail);
      resolve(null);
    });
  });
}
