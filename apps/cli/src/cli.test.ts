import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const command = fileURLToPath(new URL('../../../bin/pumphouse', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-cli-'));
  await writeFile(join(folder, 'file'), '');
  // The first process compiles the command and keeps that in HOME, for the others.
  await pumphouse(['--version']);
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs `bin/pumphouse` without any settings of this process. */
async function pumphouse(args: readonly string[], variables: Record<string, string> = {}) {
  const env = { PATH: process.env['PATH'], HOME: folder, ...variables };
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code: code as number, stderr };
}

// Concurrent, because one waits ten seconds for a database.
describe.concurrent('bin/pumphouse', () => {
  // Commands of users have documented exit codes, with 2 for usage errors.
  it.each<[string, string[], string, number]>([
    ['an unknown command', ['servr'], 'Did you mean one of serve, server?', 2],
    ['an unknown command of admin', ['admin', 'create-ownr'], 'Did you mean create-owner?', 1],
    ['an unknown option', ['server', '--port', '80'], "unknown option '--port'", 1],
    ['a missing option', ['admin', 'create-owner'], "required option '--email <address>' not specified", 1],
  ])('responds to %s with the available commands', async (_, args, message, exitCode) => {
    const { code, stderr } = await pumphouse(args);
    expect(stderr).toContain(message);
    expect(stderr).toContain('--help');
    expect(code).toBe(exitCode);
  });

  it('reports a usage error as JSON with --json', async () => {
    const { code, stderr } = await pumphouse(['run', 'lst', '--json']);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'usage', message: expect.stringContaining('Did you mean list?'), exit_code: 2 },
    });
    expect(code).toBe(2);
  });

  it('says where the settings of the server come from, because it has no options', async () => {
    const { stderr } = await pumphouse(['server', '--port', '80']);
    expect(stderr).toContain('PUMPHOUSE_PORT');
    expect(stderr).toContain('docs/operate/settings.md');
  });

  it('warns about a misspelled setting first, and continues', async () => {
    const { code, stderr } = await pumphouse(['admin', 'list-keys'], {
      PUMPHOUSE_DATA_DIRR: '/srv/pumphouse',
      PUMPHOUSE_LOG_LEVEL: 'silent',
      PUMPHOUSE_DATABASE_URL: 'postgres://me@127.0.0.1:1/shop',
    });
    expect(stderr.split('\n')[0]).toBe(
      'pumphouse: warning: PUMPHOUSE_DATA_DIRR is not a setting of Pumphouse and is ignored. Did you mean PUMPHOUSE_DATA_DIR?',
    );
    expect(stderr).toContain('The database shop at 127.0.0.1:1 cannot be used');
    expect(code).toBe(1);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'a wrong setting',
      { PUMPHOUSE_PORT: 'eighty' },
      'PUMPHOUSE_PORT is "eighty", and must be a whole number',
    ],
    ['a data folder that is a file', { PUMPHOUSE_DATA_DIR: 'file' }, 'Set PUMPHOUSE_DATA_DIR to a folder.'],
    ['a data folder below a file', { PUMPHOUSE_DATA_DIR: 'file/sub' }, 'Set PUMPHOUSE_DATA_DIR to a folder.'],
  ])('explains %s without a stack trace', async (_, variables, message) => {
    const { PUMPHOUSE_DATA_DIR: name } = variables;
    const { code, stderr } = await pumphouse(['server'], {
      ...variables,
      ...(name && { PUMPHOUSE_DATA_DIR: join(folder, name) }),
    });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(code).toBe(1);
  });

  it('names the port that is in use and its setting, and leaves nothing running', async () => {
    const other = createServer().listen({ host: '127.0.0.1', port: 0 });
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const dataDir = join(folder, 'data');
    const { code, stderr } = await pumphouse(['server'], {
      PUMPHOUSE_DATA_DIR: dataDir,
      PUMPHOUSE_PORT: String(port),
      PUMPHOUSE_APPS_PORT: '0',
      PUMPHOUSE_LOG_LEVEL: 'error',
    });
    other.close();
    expect(stderr).toContain(`Port ${port} is in use on 127.0.0.1. Set PUMPHOUSE_PORT to another port`);
    expect(code).toBe(1);
    expect(await readdir(join(dataDir, 'servers'))).toEqual([]);
  }, 60_000);
});
