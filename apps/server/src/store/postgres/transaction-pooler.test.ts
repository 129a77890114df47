import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import { findFreePort } from '@pumphouse/testing/fixtures/free-port.ts';
import { isTransactionPooler } from './transaction-pooler.ts';

const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => existsSync(path));
const patience = { timeout: 300_000 };

let own: TestDatabase;
let folder: string;
const poolers: ChildProcess[] = [];

beforeAll(async () => {
  own = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-pooler-'));
  await chmod(folder, 0o755);
});

afterAll(async () => {
  for (const pooler of poolers) pooler.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
  await own.drop();
});

/** Starts a PgBouncer in front of the test's database; returns its address. */
async function startPooler(mode: 'transaction' | 'session'): Promise<string> {
  const url = new URL(own.url);
  const database = url.pathname.slice(1);
  const port = await findFreePort();
  const place = `host=${url.searchParams.get('host')} port=${url.searchParams.get('port')} user=${url.username}`;
  const configuration = `[databases]
${database} = ${place}
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
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

const asks = (connectionString: string) => isTransactionPooler({ connectionString });

it('Postgres itself is not one, and neither is an address without a server', async () => {
  expect(await asks(own.url)).toBe(false);
  expect(await asks(`postgresql://nobody@127.0.0.1:${await findFreePort()}/nothing`)).toBe(false);
});

describe.skipIf(program === undefined)('PgBouncer (not tested if it is not installed)', () => {
  it('is one in transaction mode, and is not in session mode', async () => {
    expect(await asks(await startPooler('transaction'))).toBe(true);
    expect(await asks(await startPooler('session'))).toBe(false);
  });
});
