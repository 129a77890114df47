/**
 * Accepts connections on a range of ports for one HTTP server. Separate servers would each have their own
 * timer and limits.
 */
import type { PortRange } from '../domain/primitives/port-range.ts';
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { findOtherLoopback, isAddressMissing, startListening } from '../listeners/other-loopback.ts';

export interface PortAcceptors {
  /**
   * Stops accepting.
   * @returns once all connections have ended
   */
  close(): Promise<void>;
}

/**
 * Listens on the whole range or not at all: if another program owned an app's port, it would receive the
 * app's visitors and their credentials.
 * @param maxSockets maximum open connections on all ports together
 * @throws Error that names the ports which are in use
 */
export async function openPortAcceptors(
  server: HttpServer,
  { host, ports, maxSockets }: { host: string; ports: PortRange; maxSockets: number },
): Promise<PortAcceptors> {
  let open = 0;
  const acceptors: Server[] = [];
  /** A port that is taken at both loopback addresses is one problem. */
  const problems = new Set<string>();

  // With the options that node:http uses.
  const createAcceptor = () =>
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      if (open >= maxSockets) {
        socket.destroy();
        return;
      }
      open += 1;
      socket.once('close', () => (open -= 1));
      server.emit('connection', socket);
    });

  async function close(): Promise<void> {
    await Promise.all(acceptors.map((acceptor) => new Promise((resolve) => acceptor.close(resolve))));
  }

  for (let port = ports.first; port <= ports.last; port += 1) {
    for (const at of [host, findOtherLoopback(host)].filter((one) => one !== null)) {
      const acceptor = createAcceptor();
      const problem = await startListening(acceptor, { host: at, port });
      if (problem === null) acceptors.push(acceptor);
      else if (at === host || !isAddressMissing(problem)) problems.add(`${port} (${problem})`);
    }
  }
  if (problems.size === 0) return { close };
  await close();
  throw new Error(
    `The ports of apps are in use: ${[...problems].join(', ')}. End the programs that use them, or set another range (PUMPHOUSE_APPS_PORTS).`,
  );
}
