import type { CheckId, CheckResult, Finding } from '../../domain/doctor/check-result.ts';
import type { Looks } from './doctor-context.ts';
import type { TestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkIds, checks, ok } from '../../domain/doctor/check-result.ts';
import { createTestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import { findFreePort } from '../../../../../testing/fixtures/free-port.ts';
import { listeningAddress } from '../../platform/listening-address.ts';
import { readConfig } from '../../config/config.ts';
import { startMailServer } from '../../../../../testing/fixtures/mail-server.ts';
import { runChecks } from './examine.ts';
import { runDoctor } from './run-doctor.ts';

const timeoutMs = 200;
const everythingOk = () =>
  Object.fromEntries(
    checkIds.map((id) => [id, async (): Promise<Finding> => ok('Fine.')]),
  ) as unknown as Looks<CheckId>;
const unmasked = { timeoutMs, mask: (text: string) => text };

describe('runChecks', () => {
  it('returns a result for each check, in the order of display', async () => {
    const results = await runChecks(everythingOk(), unmasked);
    expect(results.map(({ id }) => id)).toEqual(Object.keys(checks));
    expect(results[0]).toEqual({
      id: 'executor',
      area: 'executor',
      title: 'Executor',
      status: 'ok',
      found: 'Fine.',
      nextStep: null,
    });
  });

  it('goes on when one fails or never answers, and tells that one to end', async () => {
    const signals: AbortSignal[] = [];
    const results = await runChecks(
      {
        ...everythingOk(),
        uv: async () => {
          throw new Error('The disk is on fire.');
        },
        engine(signal) {
          signals.push(signal);
          return new Promise<Finding>(() => undefined);
        },
      },
      unmasked,
    );
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    const statusOf = (id: CheckId) => results.find((result) => result.id === id);
    expect(statusOf('uv')).toMatchObject({ status: 'problem', found: 'The disk is on fire.' });
    expect(statusOf('engine')).toMatchObject({ status: 'problem', found: expect.stringContaining('0.2 s') });
    expect(results.filter(({ status }) => status === 'ok')).toHaveLength(checkIds.length - 2);
  });

  it('masks secrets in what was found and in the next step', async () => {
    const leaking: Finding = { status: 'problem', found: 'It is swordfish', nextStep: 'Use swordfish' };
    const mask = (text: string) => text.replaceAll('swordfish', '***');
    const results = await runChecks({ ...everythingOk(), mail: async () => leaking }, { timeoutMs, mask });
    expect(JSON.stringify(results)).not.toContain('swordfish');
    expect(results.find(({ id }) => id === 'mail')?.found).toBe('It is ***');
  });
});

describe('runDoctor', () => {
  let own: TestDatabase;
  let dataDir: string;
  beforeAll(async () => {
    own = await createTestDatabase();
  });
  afterAll(() => own.drop());
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'pumphouse-doctor-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  /** Runs the checks that need no programs: the server of these settings runs no attempts. */
  async function run(variables: Record<string, string> = {}) {
    const results = await runDoctor(
      readConfig({
        PUMPHOUSE_DATA_DIR: dataDir,
        PUMPHOUSE_DATABASE_URL: own.url,
        PUMPHOUSE_ROLES: 'api',
        PUMPHOUSE_PORT: '0',
        PUMPHOUSE_APPS_PORT: '0',
        ...variables,
      }),
    );
    return (id: CheckId) => results.find((result) => result.id === id) as CheckResult;
  }

  it('reads a database without changing it, and leaves nothing in the data folder', async () => {
    const result = await run();
    expect(result('database')).toMatchObject({ status: 'ok', found: expect.stringContaining('Postgres 1') });
    expect(result('migrations').found).toBe('The schema is that of this version.');
    expect(result('clock').status).toBe('ok');
    // The fixture does not write to disk.
    expect(result('database_durability').status).toMatch(/^(ok|problem)$/);
    expect(result('sandbox').status).toBe('skipped');
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('finds an empty database, and does not migrate it', async () => {
    await own.database.query('create schema other');
    const empty = `${own.url}${own.url.includes('?') ? '&' : '?'}options=${encodeURIComponent('-c search_path=other')}`;
    const result = await run({ PUMPHOUSE_DATABASE_URL: empty });
    expect(result('migrations').found).toMatch(/^The next start of a server applies \d+ migrations\.$/);
    const tables = await own.database.query(`select 1 from pg_tables where schemaname = 'other'`);
    expect(tables).toEqual([]);
  });

  it('goes on without a database, and says why it cannot be used', async () => {
    const port = await findFreePort();
    const result = await run({ PUMPHOUSE_DATABASE_URL: `postgres://me:swordfish@127.0.0.1:${port}/shop` });
    expect(result('database')).toMatchObject({
      status: 'problem',
      found: expect.stringContaining(`shop at 127.0.0.1:${port} cannot be used`),
    });
    expect(result('migrations').status).toBe('skipped');
    expect(result('data_folder').status).not.toBe('problem');
  });

  it('does not start an embedded database', async () => {
    const result = await run({ PUMPHOUSE_DATABASE_URL: '' });
    expect(result('database')).toMatchObject({ status: 'skipped' });
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('finds a key file that others can read, and one that is lost', async () => {
    const path = join(dataDir, 'secret.key');
    expect((await run())('secret_key')).toMatchObject({ status: 'problem' });
    await writeFile(path, 'x'.repeat(64));
    await chmod(path, 0o644);
    expect((await run())('secret_key').nextStep).toContain(`chmod 600 ${path}`);
    await chmod(path, 0o600);
    expect((await run())('secret_key').status).toBe('ok');
  });

  it('finds a data folder that others can change, or of another installation', async () => {
    await chmod(dataDir, 0o777);
    expect((await run())('data_folder').nextStep).toContain(`chmod 711 ${dataDir}`);
    await chmod(dataDir, 0o711);
    await writeFile(join(dataDir, 'installation'), 'another\n');
    expect((await run())('data_folder')).toMatchObject({
      status: 'problem',
      found: expect.stringContaining('installation another'),
    });
  });

  it('tries the folder of blobs and leaves nothing there', async () => {
    expect((await run())('blobs').status).toBe('skipped');
    await mkdir(join(dataDir, 'blobs'));
    expect((await run())('blobs').status).toBe('ok');
    const left = await readdir(join(dataDir, 'blobs'), { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
  });

  describe('with an HTTP server', () => {
    let server: Server;
    let port: number;
    let body: string;
    beforeEach(async () => {
      body = '{"status":"ok"}';
      server = createServer((_request, response) => response.end(body)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      ({ port } = listeningAddress(server));
    });
    afterEach(async () => {
      server.close();
      await once(server, 'close');
    });

    it('tells a Pumphouse server from another program on its port', async () => {
      const settings = { PUMPHOUSE_PORT: String(port), PUMPHOUSE_PUBLIC_URL: `http://127.0.0.1:${port}` };
      const served = await run(settings);
      expect(served('port_ipv4').found).toBe(`A Pumphouse server answers at 127.0.0.1:${port}.`);
      expect(served('public_url').status).toBe('ok');
      body = 'Hello';
      const taken = await run(settings);
      expect(taken('port_ipv4')).toMatchObject({
        status: 'problem',
        nextStep: expect.stringContaining(`sport = :${port}`),
      });
      expect(taken('public_url').status).toBe('skipped');
    });

    it('finds a public URL that leads elsewhere while the server runs', async () => {
      const closedPort = await findFreePort();
      const result = await run({
        PUMPHOUSE_PORT: String(port),
        PUMPHOUSE_PUBLIC_URL: `http://127.0.0.1:${closedPort}`,
      });
      expect(result('public_url')).toMatchObject({
        status: 'problem',
        found: expect.stringContaining('ECONNREFUSED'),
      });
    });
  });

  it('signs in to the mail server and sends nothing', async () => {
    const mail = await startMailServer({ account: { user: 'pump', password: 'swordfish' } });
    const settings = { PUMPHOUSE_MAIL_FROM: 'pump@example.com' };
    const url = new URL(mail.url);
    url.username = 'pump';
    url.password = 'swordfish';
    const good = await run({ ...settings, PUMPHOUSE_SMTP_URL: url.href });
    expect(good('mail').status).toBe('ok');
    url.password = 'swordfight';
    const wrong = await run({ ...settings, PUMPHOUSE_SMTP_URL: url.href });
    expect(wrong('mail').status).toBe('problem');
    expect(JSON.stringify(wrong('mail'))).not.toContain('swordfight');
    expect(mail.received).toEqual([]);
    await mail.close();
  });
});
