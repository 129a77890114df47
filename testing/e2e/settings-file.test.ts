import type { TestServer } from '../fixtures/server.ts';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemResponse } from '@pumphouse/contract';
import { eventually } from '../fixtures/eventually.ts';
import { repositoryFolder, startTestServer } from '../fixtures/server.ts';

let folder: string;
let path: string;
let server: TestServer;

const writeSettings = (text: string) => writeFile(path, text, { mode: 0o600 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-settings-file-'));
  path = join(folder, 'pumphouse.toml');
  await writeSettings('[server]\nlog_level = "error"\n[apps]\ndomain = "apps.example.com"\n');
  server = await startTestServer({}, { args: ['--config', path] });
});
afterAll(async () => {
  await server.remove();
  await rm(folder, { recursive: true });
});

/** Fetch does not send another host. */
async function readStatus(host: string): Promise<number | undefined> {
  const sent = request(`${server.url}/api/v1/organizations`, {
    headers: { host, authorization: `Bearer ${server.key}` },
  }).end();
  const [response] = (await once(sent, 'response')) as [{ statusCode?: number; resume(): void }];
  response.resume();
  return response.statusCode;
}

async function readWarnings(): Promise<string[]> {
  const answer = await fetch(`${server.url}/readyz`);
  return ((await answer.json()) as { warnings: string[] }).warnings;
}

function listLogged(message: string): Record<string, unknown>[] {
  return server
    .log()
    .split('\n')
    .filter((line) => line.includes(message))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const needRestart = 'changed settings need a restart';

describe('bin/pumphouse server --config', () => {
  it('applies the changes that are safe at SIGHUP, and reports those that need a restart', async () => {
    expect(await readStatus('new.internal')).toBe(403);
    await writeSettings(
      '[server]\nlog_level = "info"\nallowed_hosts = ["new.internal"]\n[apps]\ndomain = "other.example.com"\n',
    );
    server.process.kill('SIGHUP');
    // Comes after the message about what was applied.
    await server.awaitLogged(needRestart);
    expect(listLogged(needRestart)).toEqual([expect.objectContaining({ settings: ['apps.domain'] })]);
    expect(listLogged('the settings were reloaded')).toEqual([
      expect.objectContaining({ applied: ['server.allowed_hosts', 'server.log_level'] }),
    ]);
    expect(await readStatus('new.internal')).toBe(200);
    expect(await readWarnings()).toEqual([
      expect.stringContaining('need a restart of the server: apps.domain.'),
    ]);
    const answer = await fetch(`${server.url}/pumphouse/v1/system`, {
      headers: { authorization: `Bearer ${server.key}` },
    });
    expect(systemResponse.parse(await answer.json()).problems).toContainEqual(
      expect.stringContaining('apps.domain'),
    );
  });

  it('keeps the previous settings if the file is not valid, and runs on', async () => {
    await writeSettings('[server]\nallowed_hots = ["third.internal"]\n');
    server.process.kill('SIGHUP');
    const message = 'the settings were not reloaded';
    await server.awaitLogged(message);
    expect(JSON.stringify(listLogged(message))).toContain('Did you mean server.allowed_hosts?');
    expect(await readStatus('new.internal')).toBe(200);
    expect(await readStatus('third.internal')).toBe(403);
  });

  it('is followed by the other commands of the machine', async () => {
    await writeSettings(
      `[server]\ndata_dir = "${server.dataDir}"\nport = ${new URL(server.url).port}\n[apps]\nport = 0\n`,
    );
    const command = join(repositoryFolder, 'bin', 'pumphouse');
    const options = { env: { PATH: process.env['PATH'], HOME: folder } };
    const { stdout } = await promisify(execFile)(command, ['admin', 'list-keys', '--config', path], options);
    expect(stdout).toContain('owner@example.com');
    // A check without a result in 10 s is a problem, with which the command fails.
    const doctor = await eventually('the doctor finds no problem', () =>
      promisify(execFile)(command, ['doctor', '--config', path], options),
    );
    expect(doctor.stdout).toContain('A Pumphouse server answers at');
  });
});
