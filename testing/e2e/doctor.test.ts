import type { TestServer } from '../fixtures/server.ts';
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executorVariables } from '../fixtures/runs-location.ts';
import { findFreePort } from '../fixtures/free-port.ts';
import { repositoryFolder, startTestServer } from '../fixtures/server.ts';
import { systemResponse } from '@pumphouse/contract';
import { settingList } from '@pumphouse/server/config/setting-list.ts';
import { settings } from '@pumphouse/server/config/settings.ts';
import { homeOf, startPumphouse } from '../fixtures/command.ts';
import { startMailServer } from '../fixtures/mail-server.ts';

interface Result {
  id: string;
  status: string;
  found: string;
  next_step: string | null;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-doctor-'));
});
afterAll(async () => {
  for (const path of [folder, homeOf(folder)]) await rm(path, { recursive: true, force: true });
});

/** Runs `bin/pumphouse doctor` with these settings only. */
async function doctor(variables: Record<string, string>, ...options: string[]) {
  const env = { PATH: process.env['PATH'], HOME: folder, ...variables };
  const child = promisify(execFile)(join(repositoryFolder, 'bin', 'pumphouse'), ['doctor', ...options], {
    env,
  });
  const { code, stdout, stderr } = await child.then(
    (output) => ({ code: 0, ...output }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  return { code, stdout, stderr };
}

/**
 * To be repeated (`expect.poll`) by tests of what a check finds: one without a result in 10 s is a problem, which
 * happens on a busy machine.
 */
async function readResults(variables: Record<string, string>) {
  const { code, stdout } = await doctor(variables, '--json');
  const { ok, results } = JSON.parse(stdout) as { ok: boolean; results: Result[] };
  return { code, ok, checks: byId(results) };
}

const byId = <Check extends { id: string }>(checks: readonly Check[]): Record<string, Check> =>
  Object.fromEntries(checks.map((check) => [check.id, check]));

describe('pumphouse doctor', () => {
  it('exits with 1 and the command that helps when there is a problem, and with 0 for warnings', async () => {
    const dataDir = join(folder, 'exits');
    await mkdir(dataDir, { mode: 0o711 });
    const api = {
      PUMPHOUSE_DATA_DIR: dataDir,
      PUMPHOUSE_ROLES: 'api',
      PUMPHOUSE_PORT: '0',
      PUMPHOUSE_APPS_PORT: '0',
    };
    await expect
      .poll(() => readResults({ ...api, PUMPHOUSE_PUBLIC_URL: 'https://pump.example.com' }))
      .toMatchObject({ code: 0, ok: true, checks: { trusted_proxies: { status: 'warning' } } });
    await chmod(dataDir, 0o777);
    expect(await readResults(api)).toMatchObject({ code: 1, ok: false });
    const counts = String.raw`^1 problem, \d+ warnings?, \d+ ok, \d+ skipped\.$`;
    await expect
      .poll(() => doctor(api))
      .toMatchObject({
        code: 1,
        stdout: expect.stringMatching(new RegExp(`-> Run: chmod 711 ${dataDir}\n[^]*${counts}`, 'm')),
      });
    expect(await readdir(dataDir)).toEqual([]);
  });

  describe('next to a running server', () => {
    let server: TestServer;
    let variables: Record<string, string>;
    beforeAll(async () => {
      server = await startTestServer();
      variables = {
        PUMPHOUSE_DATA_DIR: server.dataDir,
        PUMPHOUSE_PORT: new URL(server.url).port,
        PUMPHOUSE_APPS_PORT: '0',
      };
    });
    afterAll(() => server.remove());

    it('reads its database, recognizes its port, and leaves it running', async () => {
      await expect
        .poll(() => readResults(variables))
        .toMatchObject({
          checks: {
            database: { found: expect.stringContaining('The embedded database answers') },
            migrations: { status: 'ok' },
            online_migrations: { found: 'All online migrations have ended.' },
            database_durability: { status: 'ok' },
            clock: { status: 'ok' },
            secret_key: { status: 'ok' },
            port_ipv4: { found: expect.stringContaining('A Pumphouse server answers at') },
            executor: { found: expect.stringContaining('decided at the first start') },
          },
        });
      await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(200);
    });
  });

  it('checks the server itself for an owner of the installation, with no secret', async () => {
    const secretKey = 'swordfish-of-the-running-server-0123456789';
    const server = await startTestServer({ PUMPHOUSE_SECRET_KEY: secretKey });
    try {
      let texts = '';
      const readSystem = async () => {
        const answer = await fetch(`${server.url}/pumphouse/v1/system`, {
          headers: { authorization: `Bearer ${server.key}` },
        });
        const text = await answer.text();
        texts += text;
        const system = systemResponse.parse(JSON.parse(text));
        return { ...system, checks: byId(system.checks), loopNames: system.loops.map(({ name }) => name) };
      };
      await expect.poll(readSystem).toMatchObject({
        is_ready: true,
        server: { roles: ['api', 'scheduler', 'supervisor'] },
        servers: [expect.anything()],
        loopNames: expect.arrayContaining(['registration']),
        checks: {
          port_ipv4: { status: 'ok', found: expect.stringContaining('A Pumphouse server answers at') },
          secret_key: { found: expect.stringContaining('PUMPHOUSE_SECRET_KEY') },
          migrations: { status: 'ok' },
        },
      });
      expect(texts).not.toContain(secretKey);
    } finally {
      await server.remove();
    }
  });

  it('is part of a first start on a terminal', async () => {
    const printed: string[] = [];
    // Each in a new data folder: a server that starts on a busy machine may answer its own check too late.
    const startFirst = async () => {
      const server = startPumphouse(['server'], {
        cwd: folder,
        columns: 200,
        env: {
          PUMPHOUSE_DATA_DIR: join(folder, `terminal-${printed.length}`),
          PUMPHOUSE_PORT: String(await findFreePort()),
          PUMPHOUSE_APPS_PORT: '0',
          PUMPHOUSE_LOG_LEVEL: 'silent',
          ...executorVariables(),
        },
      });
      await server.printedAt('bin/pumphouse doctor shows all checks.');
      printed.push(server.printed());
      server.interrupt();
      await server.result;
      return printed.at(-1);
    };
    await expect.poll(startFirst).toMatch(/ok +Port, IPv4: A Pumphouse server answers at/);
    for (const text of printed) {
      expect(text).toContain('bin/pumphouse doctor shows all checks.');
      expect(text.indexOf('Checks of this machine:')).toBeGreaterThan(text.indexOf('Pumphouse is ready at'));
    }
  });

  it('prints no secret of the settings', async () => {
    const dataDir = join(folder, 'secrets');
    await mkdir(dataDir, { mode: 0o711 });
    const secrets: string[] = [];
    const secret = (name: string): string => {
      const value = `swordfish-of-${name}-0123456789abcdefghijkl`;
      secrets.push(value, encodeURIComponent(value), Buffer.from(value).toString('base64'));
      return value;
    };
    const secretFile = async (name: string): Promise<string> => {
      const path = join(folder, name);
      await writeFile(path, secret(name), { mode: 0o600 });
      return path;
    };
    const mail = await startMailServer({ account: { user: 'pump', password: 'another' } });
    const closed = await findFreePort();
    const given: Record<string, string> = {
      PUMPHOUSE_DATABASE_URL: `postgres://pump:${secret('database')}@127.0.0.1:${closed}/pumphouse`,
      PUMPHOUSE_SECRET_KEY: secret('key'),
      PUMPHOUSE_OTHER_SECRET_KEYS: `${secret('other')},${secret('older')}`,
      PUMPHOUSE_SMTP_URL: `smtp://pump:${secret('mail')}@127.0.0.1:${mail.port}`,
      PUMPHOUSE_S3_SECRET_ACCESS_KEY: secret('s3'),
      PUMPHOUSE_OIDC_CLIENT_SECRET: secret('oidc'),
      PUMPHOUSE_METRICS_TOKEN_FILE: await secretFile('metrics'),
      PUMPHOUSE_WORKER_TOKEN_FILE: await secretFile('worker'),
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${secret('otlp')}`,
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: `x-traces=${secret('traces')}`,
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: `x-metrics=${secret('metrics-headers')}`,
      OPENLINEAGE_API_KEY: secret('lineage'),
    };
    const further = {
      PUMPHOUSE_DATA_DIR: dataDir,
      PUMPHOUSE_PORT: '0',
      PUMPHOUSE_APPS_PORT: '0',
      PUMPHOUSE_MAIL_FROM: 'pump@example.com',
      PUMPHOUSE_BLOBS_URL: 's3://bucket/prefix',
      PUMPHOUSE_S3_ENDPOINT: `http://127.0.0.1:${closed}`,
      PUMPHOUSE_S3_ACCESS_KEY_ID: 'pump',
      PUMPHOUSE_OIDC_ISSUER: 'https://accounts.example.com',
      PUMPHOUSE_OIDC_CLIENT_ID: 'pump',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${closed}`,
      OPENLINEAGE_URL: `http://127.0.0.1:${closed}`,
    };
    // The others of this kind name files that the server does not read for this, or exclude one of the above.
    const excluded = [
      'PUMPHOUSE_DATABASE_PASSWORD_FILE',
      'PUMPHOUSE_PLAYGROUND_KEYS_FILE',
      'PUMPHOUSE_S3_ACCESS_KEY_ID',
      'OTEL_EXPORTER_OTLP_CLIENT_KEY',
    ];
    const declared = settingList.filter(({ secret }) => secret !== undefined).map(({ variable }) => variable);
    const secretSettings = Object.keys(settings).filter(
      (name) =>
        (declared.includes(name) || /SECRET|PASSWORD|TOKEN|KEY|HEADERS|_SMTP_URL|_DATABASE_URL/.test(name)) &&
        !excluded.includes(name),
    );
    expect(secretSettings.filter((name) => !(name in given))).toEqual([]);
    for (const options of [[], ['--json']]) {
      const { code, stdout, stderr } = await doctor({ ...given, ...further }, ...options);
      expect(code).toBe(1);
      expect(stdout).toMatch(/mail server 127\.0\.0\.1:\d+ cannot be used/);
      expect(secrets.filter((value) => stdout.includes(value) || stderr.includes(value))).toEqual([]);
    }
    await mail.close();
  });
});
