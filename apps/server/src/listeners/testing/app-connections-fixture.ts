/** A server whose only listener connects other servers to apps, and what the tests of it share. */
import type { AddressInfo } from 'node:net';
import type { AppTarget } from '../../executors/remote/app-connection-proof.ts';
import { createServer } from 'node:http';
import { duplexPair, type Duplex } from 'node:stream';
import { once } from 'node:events';
import { pino } from 'pino';
import { randomBytes } from 'node:crypto';
import { createAppConnectionProofs } from '../../executors/remote/app-connection-proof.ts';
import { createEncryption } from '../../platform/encryption.ts';
import { isAppConnection, serveAppConnections } from '../app-connections.ts';

export const installationKey = randomBytes(32);
export const proofsOf = (secretKey: Uint8Array = installationKey, installationId = 'installation-1') =>
  createAppConnectionProofs(installationId, createEncryption(secretKey));
/** Of the installation of the server. */
export const proofs = proofsOf();

export const serverId = 'server-1';
/** The clock of the database. */
export const now = new Date('2026-03-10T12:30:00Z');
export const target: AppTarget = {
  handle: { executor: 'worker', version: 1, data: { workerId: 'worker-1' } },
  port: 5000,
};

/** A connection into an app: the end of the server, and that of the app. */
interface Connected {
  target: AppTarget;
  near: Duplex;
  app: Duplex;
}

export type AppConnectionsFixture = Awaited<ReturnType<typeof openAppConnections>>;

export async function openAppConnections() {
  const connected: Connected[] = [];
  const state = { problem: null as Error | null };
  const server = createServer({ shouldUpgradeCallback: isAppConnection }, (_request, response) =>
    response.writeHead(404).end('no such page'),
  );
  const endConnections = serveAppConnections(server, {
    serverId,
    proofs,
    readClock: async () => now,
    async connect(asked) {
      if (state.problem) throw state.problem;
      const [near, app] = duplexPair({ allowHalfOpen: true });
      app.on('error', () => undefined);
      connected.push({ target: asked, near, app });
      return near;
    },
    log: pino({ level: 'silent' }),
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `127.0.0.1:${port}`,
    connected,
    endConnections,
    /** Lets connections into apps fail. */
    fail: (problem: Error) => void (state.problem = problem),
    close(): void {
      endConnections();
      server.closeAllConnections();
      server.close();
    },
  };
}
