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
import { settings } from '@pumphouse/server/config/config.ts';
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

async function readResults(variables: Record<string, string>) {
  const { code, stdout } = await doctor(variables, '--json');
  const { ok, results } = JSON.parse(stdout) as { ok: boolean; results: Result[] };
  return { code, ok, find: (id: string) => results.find((result) => result.id === id) };
}

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
    const warned = await readResults({ ...api, PUMPHOUSE_PUBLIC_URL: 'https://pump.example.com' });
    expect(warned).toMatchObject({ code: 0, ok: true });
    expect(warned.find('trusted_proxies')?.status).toBe('warning');
    await chmod(dataDir, 0o777);
    const broken = await readResults(api);
    expect(broken).toMatchObject({ code: 1, ok: false });
    const { code, stdout } = await doctor(api);
    expect(code).toBe(1);
    expect(stdout).toContain(`-> Run: chmod 711 ${dataDir}`);
    expect(stdout).toMatch(/^1 problem, \d+ warnings?, \d+ ok, \d+ skipped\.$/m);
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
      const { find } = await readResults(variables);
      expect(find('database')?.found).toContain('The embedded database answers');
      expect(find('migrations')?.status).toBe('ok');
      expect(find('database_durability')?.status).toBe('ok');
      expect(find('clock')?.status).toBe('ok');
      expect(find('secret_key')?.status).toBe('ok');
      expect(find('port_ipv4')?.found).toContain('A Pumphouse server answers at');
      expect(find('executor')?.found).toContain('decided at the first start');
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    });
  });

  it('checks the server itself for an owner of the installation, with no secret', async () => {
    const secretKey = 'swordfish-of-the-running-server-0123456789';
    const server = await startTestServer({ PUMPHOUSE_SECRET_KEY: secretKey });
    try {
      const answer = await fetch(`${server.url}/pumphouse/v1/system`, {
        headers: { authorization: `Bearer ${server.key}` },
      });
      const text = await answer.text();
      const system = systemResponse.parse(JSON.parse(text));
      expect(text).not.toContain(secretKey);
      expect(system).toMatchObject({ is_ready: true, server: { roles: ['api', 'scheduler', 'supervisor'] } });
      expect(system.servers).toHaveLength(1);
      expect(system.loops.map(({ name }) => name)).toContain('registration');
      expect(system.checks.find(({ id }) => id === 'port_ipv4')).toMatchObject({
        status: 'ok',
        found: expect.stringContaining('A Pumphouse server answers at'),
      });
      expect(system.checks.find(({ id }) => id === 'secret_key')?.found).toContain('PUMPHOUSE_SECRET_KEY');
      expect(system.checks.find(({ id }) => id === 'migrations')?.status).toBe('ok');
    } finally {
      await server.remove();
    }
  });

  it('is part of a first start on a terminal', async () => {
    const dataDir = join(folder, 'terminal');
    const server = startPumphouse(['server'], {
      cwd: folder,
      columns: 200,
      env: {
        PUMPHOUSE_DATA_DIR: dataDir,
        PUMPHOUSE_PORT: String(await findFreePort()),
        PUMPHOUSE_APPS_PORT: '0',
        PUMPHOUSE_LOG_LEVEL: 'silent',
        ...executorVariables(),
      },
    });
    expect(await server.printedAt('bin/pumphouse doctor shows all checks.')).not.toBeNull();
    const printed = server.printed();
    expect(printed.indexOf('Checks of this machine:')).toBeGreaterThan(
      printed.indexOf('Pumphouse is ready at'),
    );
    expect(printed).toMatch(/ok +Port, IPv4: A Pumphouse server answers at/);
    server.interrupt();
    await server.result;
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
      'PUMPHOUSE_S3_SECRET_ACCESS_KEY_FILE',
      'PUMPHOUSE_OIDC_CLIENT_SECRET_FILE',
      'PUMPHOUSE_PLAYGROUND_KEYS_FILE',
      'PUMPHOUSE_S3_ACCESS_KEY_ID',
      'OTEL_EXPORTER_OTLP_CLIENT_KEY',
    ];
    const secretSettings = Object.keys(settings).filter(
      (name) =>
        /SECRET|PASSWORD|TOKEN|KEY|HEADERS|_SMTP_URL|_DATABASE_URL/.test(name) && !excluded.includes(name),
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
