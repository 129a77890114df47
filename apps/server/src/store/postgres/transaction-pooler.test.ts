import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import { findFreePort } from '@pumphouse/testing/fixtures/free-port.ts';
import { lacks } from '@pumphouse/testing/fixtures/requirements.ts';
import { isTransactionPooler } from './transaction-pooler.ts';

const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path));
const patience = { timeout: 300_000 };

let own: TestDatabase;
let folder: string;
const poolers: ChildProcess[] = [];
const slowServers: Server[] = [];

beforeAll(async () => {
  own = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-pooler-'));
  await chmod(folder, 0o755);
});

afterAll(async () => {
  for (const server of slowServers) server.close();
  for (const pooler of poolers) pooler.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
  await own.drop();
});

/** Starts a PgBouncer in front of the test's database; returns its address. */
async function startPooler(mode: 'transaction' | 'session'): Promise<string> {
  const url = new URL(own.url);
  const database = url.pathname.slice(1);
  const port = await findFreePort();
  const context = `host=${url.searchParams.get('host')} port=${url.searchParams.get('port')} user=${url.username}`;
  const configuration = `[databases]
${database} = ${context}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
`;
  const path = join(folder, `${mode}.ini`);
  await writeFile(path, configuration);
  // Postgres accepts only its own user, and a pooler does not run as root.
  const { uid, gid } = await stat(url.searchParams.get('host') ?? '');
  if (process.getuid?.() !== uid) await chown(path, uid, gid);
  // The folders above that socket are closed to that user.
  const user = [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
  ];
  const become = process.getuid?.() === 0 ? ['setpriv', ...user] : [];
  const command = [...become, program ?? '', path];
  poolers.push(spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore' }));
  const address = `postgresql://${url.username}@127.0.0.1:${port}/${database}`;
  await expect.poll(() => canConnect(address), patience).toBe(true);
  return address;
}

async function canConnect(connectionString: string): Promise<boolean> {
  const client = new Client({ connectionString });
  // A pooler that is still starting may cut the connection at any time.
  client.on('error', () => undefined);
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

const asks = (connectionString: string) => isTransactionPooler({ connectionString });

/** A Postgres that is still starting to its first callers, and then what answers at `port`. Gives its port. */
async function startSlowly(port: number, refusals: number): Promise<number> {
  let callers = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    callers += 1;
    if (callers <= refusals) {
      socket.once('data', () => socket.end(startingUp));
      return;
    }
    const behind = connect({ host: '127.0.0.1', port });
    behind.on('error', () => socket.destroy());
    socket.pipe(behind).pipe(socket);
  });
  slowServers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** The answer of Postgres to a caller while it starts: SQLSTATE 57P03. */
const startingUp = (() => {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0');
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
})();

it('Postgres itself is none, and an address where nobody answers is an error', async () => {
  expect(await asks(own.url)).toBe(false);
  const nobody = `postgresql://nobody@127.0.0.1:${await findFreePort()}/nothing`;
  const answer = isTransactionPooler({ connectionString: nobody }, 500);
  await expect(answer).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

describe.skipIf(lacks('PgBouncer', program !== undefined))('PgBouncer', () => {
  it('is one in transaction mode, and is not in session mode', async () => {
    expect(await asks(await startPooler('transaction'))).toBe(true);
    expect(await asks(await startPooler('session'))).toBe(false);
  });

  it('is noticed also while Postgres behind it is still starting', async () => {
    const url = new URL(await startPooler('transaction'));
    url.port = String(await startSlowly(Number(url.port), 3));
    expect(await asks(url.href)).toBe(true);
  });
});
