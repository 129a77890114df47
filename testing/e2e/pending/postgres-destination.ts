import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@pumphouse/server/store/postgres/embedded/embedded.ts';
import { silentLog } from '../../fixtures/test-postgres.ts';

export interface Destination {
  /** Its port on the loopback. */
  port: number;
  /** What dlt connects to. */
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts a Postgres that runs load to: the embedded one, which listens on a socket only, behind a port.
 * @param address the address of the port, and the name by which runs reach it
 */
export async function startDestination(address: string | null = null): Promise<Destination> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pumphouse-destination-'));
  const embedded = await startEmbeddedPostgres({ dataDir, log: silentLog, durable: false });
  const { host, port: socketPort, user, database } = embedded.connection;
  const listener = createServer((client) => {
    const server = connect(`${host}/.s.PGSQL.${socketPort}`);
    client.pipe(server).pipe(client);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const)
      one.on('error', () => other.destroy());
  });
  listener.listen(0, address ?? '127.0.0.1');
  await once(listener, 'listening');
  const listening = listener.address();
  if (listening === null || typeof listening === 'string') throw new Error('The destination has no port');
  return {
    port: listening.port,
    url: `postgresql://${user}:none@${address ?? 'localhost'}:${listening.port}/${database}?sslmode=disable`,
    async stop() {
      listener.close();
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
