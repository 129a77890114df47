/** Takes connections at a range of ports for one HTTP server: so many servers would each have a timer and limits of their own. */
import type { PortRange } from '../domain/primitives/port-range.ts';
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { findOtherLoopback, isAddressMissing, startListening } from '../listeners/other-loopback.ts';

export interface PortAcceptors {
  /** Takes no more. @returns once all connections have ended */
  close(): Promise<void>;
}

/**
 * Listens on all of the range, or on none: an app whose port is another program's would send its visitors, with what lets them in, to that program.
 * @param mostSockets that may be open at once, at all of them together
 * @throws Error that names the ports which cannot be listened on
 */
export async function openPortAcceptors(
  server: HttpServer,
  { host, ports, mostSockets }: { host: string; ports: PortRange; mostSockets: number },
): Promise<PortAcceptors> {
  let open = 0;
  const acceptors: Server[] = [];
  const problems: string[] = [];

  // As servers of node:http are made.
  const createAcceptor = () =>
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      if (open >= mostSockets) {
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
      else if (at === host || !isAddressMissing(problem)) problems.push(`${port} (${problem})`);
    }
  }
  if (problems.length === 0) return { close };
  await close();
  throw new Error(
    `Ports of apps cannot be listened on: ${problems.join(', ')}. End the programs that have them, or take another range (PUMPHOUSE_APPS_PORTS).`,
  );
}
