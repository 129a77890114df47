/** A server on one loopback address listens on the other too: `localhost` is either, and whoever else listened there would get its clients. */
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';

export interface OtherLoopback {
  /** Takes no more connections. @returns once all have ended */
  close(): Promise<void>;
}

/** @returns null for an address without another loopback beside it */
export function findOtherLoopback(host: string): string | null {
  if (host === '127.0.0.1' || host === '0.0.0.0') return '::1';
  return host === '::1' ? '127.0.0.1' : null;
}

/** Whether an error of listening says that this machine has no such address. */
export function isAddressMissing(code: string): boolean {
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

/**
 * Gives a server the connections that come at the other loopback address of its port. Machines without that address need nothing.
 * @param at the address that the server listens on. @param mostSockets that may be open there
 * @throws Error when another program has the port there, since it would receive what clients send to `localhost`
 */
export async function listenOnOtherLoopback(
  server: HttpServer,
  at: { host: string; port: number; mostSockets?: number },
): Promise<OtherLoopback> {
  const host = findOtherLoopback(at.host);
  if (host === null) return { close: async () => undefined };
  // As servers of node:http are made.
  const acceptor = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    server.emit('connection', socket),
  );
  if (at.mostSockets !== undefined) acceptor.maxConnections = at.mostSockets;
  const problem = await startListening(acceptor, { host, port: at.port });
  if (problem === null) return { close: () => new Promise((resolve) => acceptor.close(() => resolve())) };
  if (isAddressMissing(problem)) return { close: async () => undefined };
  const place = host === '::1' ? `[::1]:${at.port}` : `${host}:${at.port}`;
  throw new Error(
    `Another program listens on ${place} (${problem}) and would receive what clients send to localhost:${at.port}. ` +
      'End it, or choose another port.',
  );
}

/** @returns the code of what is in the way; null once it listens */
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
