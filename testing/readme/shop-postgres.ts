import { createServer, connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@pumphouse/server/store/postgres/embedded/embedded.ts';
import { findFreePort } from '../fixtures/free-port.ts';
import { runStatement, silentLog } from '../fixtures/test-postgres.ts';

export interface ShopPostgres {
  /** Port on 127.0.0.1. */
  port: number;
  /** Does a block of a page that creates a database with sudo; a block that installs Postgres needs nothing. */
  administer(code: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the embedded Postgres in place of the one that a reader installs, and lets it listen on TCP. */
export async function startShopPostgres(): Promise<ShopPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pumphouse-shop-'));
  const embedded = await startEmbeddedPostgres({ dataDir, log: silentLog, durable: false });
  const { host, port: socketPort } = embedded.connection;
  // The embedded Postgres listens only on a Unix socket.
  const relay = createServer((visitor) => {
    const postgres = connect(join(host, `.s.PGSQL.${socketPort}`));
    visitor.pipe(postgres).pipe(visitor);
    for (const end of [visitor, postgres])
      end.on('error', () => {
        visitor.destroy();
        postgres.destroy();
      });
  });
  const port = await findFreePort();
  await once(relay.listen(port, '127.0.0.1'), 'listening');
  const urlOf = (database: string) => `postgresql://postgres@127.0.0.1:${port}/${database}`;
  return {
    port,
    async administer(code) {
      const database = /createdb (\w+)/.exec(code)?.[1];
      const sql = /<<'END'\n([^]*?)^END$/m.exec(code)?.[1];
      if (database === undefined || sql === undefined) return;
      await runStatement(urlOf('postgres'), `create database ${database}`);
      await runStatement(urlOf(database), sql);
    },
    async stop() {
      relay.close();
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
