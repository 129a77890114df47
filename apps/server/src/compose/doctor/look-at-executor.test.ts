import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DoctorContext } from './doctor-context.ts';
import { createExecutorLooks } from './look-at-executor.ts';
import { readConfig } from '../../config/config.ts';
import { skipped } from '../../domain/doctor/check-result.ts';
import { eventually } from '../../../../../testing/fixtures/eventually.ts';

const { signal } = new AbortController();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-doctor-programs-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function writeProgram(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

function lookAt(variables: Record<string, string>, server: DoctorContext['server'] = null) {
  const config = readConfig({ PUMPHOUSE_DATA_DIR: folder, PATH: folder, ...variables });
  return createExecutorLooks({ config, database: skipped('No database.'), server });
}

describe('programs for runs as processes', () => {
  const asProcesses = { PUMPHOUSE_EXECUTOR: 'process' };

  it('that fail are problems, with their own message', async () => {
    const looks = lookAt({
      ...asProcesses,
      PUMPHOUSE_PYTHON: await writeProgram('python3', 'exit 3'),
      PUMPHOUSE_UV: await writeProgram('uv', 'echo no libc >&2; exit 1'),
      PUMPHOUSE_BWRAP: await writeProgram('bwrap', 'echo no namespaces >&2; exit 1'),
      PUMPHOUSE_PASTA: await writeProgram('pasta', 'echo no tun >&2; exit 1'),
    });
    const expected = {
      python: 'exit code 3',
      uv: 'no libc',
      sandbox: 'no namespaces',
      run_network: 'no tun',
    };
    for (const [id, text] of Object.entries(expected))
      expect(await looks[id as keyof typeof expected](signal)).toMatchObject({
        status: 'problem',
        found: expect.stringContaining(text),
      });
    expect((await looks.python_versions(signal)).status).toBe('problem');
  });

  it('that work are shown with version and path', async () => {
    const uv = await writeProgram(
      'uv',
      `[ "$1" = --version ] && echo uv 9.9.9 || echo '[{"version":"3.12.4"},{"version":"3.8.1"}]'`,
    );
    const works = await writeProgram('works', 'exit 0');
    const looks = lookAt({
      ...asProcesses,
      PUMPHOUSE_UV: uv,
      PUMPHOUSE_BWRAP: works,
      PUMPHOUSE_PASTA: works,
    });
    expect(await looks.uv(signal)).toMatchObject({
      status: 'ok',
      found: `uv 9.9.9 (${uv}) builds environments.`,
    });
    expect((await looks.python_versions(signal)).found).toContain('Python 3.12.');
    expect((await looks.sandbox(signal)).status).toBe('ok');
    expect((await looks.run_network(signal)).status).toBe('ok');
  });

  it('do not matter for a server without the role supervisor, or with containers', async () => {
    for (const variables of [{ ...asProcesses, PUMPHOUSE_ROLES: 'api' }, { PUMPHOUSE_EXECUTOR: 'docker' }]) {
      const looks = lookAt(variables);
      expect((await looks.sandbox(signal)).status).toBe('skipped');
      expect((await looks.limits(signal)).status).toBe('skipped');
    }
  });
});

it('ends a program when its result is too late', async () => {
  const pidFile = join(folder, 'pid');
  const uv = await writeProgram(
    'uv',
    `echo $$ >${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 600`,
  );
  const looks = lookAt({ PUMPHOUSE_EXECUTOR: 'process', PUMPHOUSE_UV: uv, PATH: process.env['PATH'] ?? '' });
  const late = new AbortController();
  const result = looks.uv(late.signal);
  const pid = await eventually('the program runs', async () => Number(await readFile(pidFile, 'utf8')));
  late.abort();
  expect((await result).status).toBe('problem');
  await eventually('the program has ended', () => !isRunning(pid));
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a container engine', () => {
  it('that does not answer is a problem', async () => {
    const socket = `unix://${join(folder, 'engine.sock')}`;
    const looks = lookAt({ PUMPHOUSE_EXECUTOR: 'docker', PUMPHOUSE_ENGINE_URL: socket });
    expect(await looks.engine(signal)).toMatchObject({
      status: 'problem',
      found: expect.stringContaining(socket),
    });
  });

  it('that answers is chosen, and shown with its version and whether it is rootless', async () => {
    const path = join(folder, 'engine.sock');
    const engine = createServer((request, response) => {
      response.setHeader('content-type', 'application/json');
      if (request.url?.endsWith('/_ping')) return response.end('OK');
      const isInfo = request.url?.includes('/info');
      const info = { NCPU: 2, MemTotal: 1024, SecurityOptions: ['name=seccomp', 'name=rootless'] };
      return response.end(JSON.stringify(isInfo ? info : { Version: '28.1.0', Components: [] }));
    }).listen(path);
    await once(engine, 'listening');
    const looks = lookAt({ PUMPHOUSE_ENGINE_URL: `unix://${path}` });
    expect((await looks.executor(signal)).found).toBe(
      'Runs are containers (would be decided at the first start).',
    );
    expect(await looks.engine(signal)).toMatchObject({
      status: 'ok',
      found: `Docker 28.1.0 answers at unix://${path}, rootless.`,
    });
    engine.close();
    engine.closeAllConnections();
  });

  it('of a running server is a problem when the server cannot use it', async () => {
    const looks = lookAt(
      { PUMPHOUSE_EXECUTOR: 'docker', PUMPHOUSE_ENGINE_URL: `unix://${join(folder, 'none.sock')}` },
      {
        probeExecutor: async () => ({ ok: false, detail: 'broken' }),
        findRunsProblem: async () => 'Runs cannot reach this server.',
        readPort: () => 8080,
      },
    );
    expect((await looks.engine(signal)).status).toBe('problem');
    expect(await looks.runs_connection(signal)).toMatchObject({
      status: 'problem',
      found: 'Runs cannot reach this server.',
    });
  });
});
