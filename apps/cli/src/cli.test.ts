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
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { code: code as number, stdout, stderr };
}

async function writeSettings(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
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

  it.each([
    ['help', 'admin', 'create-key'],
    ['admin', 'create-key', '--help'],
  ])('shows the help of a command of the operator: %s %s %s', async (...args) => {
    const { code, stdout } = await pumphouse(args);
    expect(stdout).toContain('Usage: pumphouse admin create-key');
    expect(code).toBe(0);
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

  it('checks a settings file, and shows where each value comes from', async () => {
    const path = await writeSettings('valid.toml', '[server]\nport = 9000\n[apps]\nport = 9001\n');
    const variables = { PUMPHOUSE_APPS_PORT: '9002', PUMPHOUSE_SECRET_KEY: 'swordfish'.repeat(5) };
    const { code, stdout } = await pumphouse(['config', 'check', '--config', path], variables);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`server\\.port +${path}:2 +9000`));
    expect(stdout).toMatch(/encryption\.secret_key +PUMPHOUSE_SECRET_KEY +\*\*\*/);
    expect(stdout).toContain(
      `${path}:4: apps.port is not used, because the variable PUMPHOUSE_APPS_PORT is set.`,
    );
    expect(stdout).toContain('The settings are valid: 3 set');
    expect(stdout).not.toContain('swordfish');
    const shown = await pumphouse(['config', 'show', '--json'], { ...variables, PUMPHOUSE_CONFIG: path });
    const { file, values } = JSON.parse(shown.stdout) as { file: string; values: object[] };
    expect(file).toBe(path);
    expect(values).toContainEqual(
      expect.objectContaining({ key: 'server.port', value: '9000', source: 'file' }),
    );
  });

  it('lists what is wrong with a settings file, and starts no server with it', async () => {
    const path = await writeSettings('wrong.toml', '[server]\nprot = 9000\nhost = 1\n');
    const message = `${path}:2:1: unknown_setting: server.prot is not a setting. Did you mean server.port?`;
    for (const args of [['config', 'check'], ['server'], ['doctor'], ['admin', 'list-keys']]) {
      const { code, stderr } = await pumphouse([...args, '--config', path]);
      expect(code).toBe(1);
      expect(stderr).toContain(message);
      expect(stderr).toContain(
        `${path}:3:1: invalid_setting: server.host is 1, and must be a text in quotes`,
      );
    }
    const { code, stdout } = await pumphouse(['config', 'check', '--json', '--config', path]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      problems: [
        { code: 'unknown_setting', key: 'server.prot', position: { file: path, line: 2, column: 1 } },
        { code: 'invalid_setting', key: 'server.host' },
      ],
    });
  });

  it('prints an example that is a valid settings file', async () => {
    const { stdout } = await pumphouse(['config', 'example']);
    const path = await writeSettings('example.toml', stdout);
    const { code, stdout: checked } = await pumphouse(['config', 'check', '--config', path]);
    expect(checked).toContain('The settings are valid: 0 set');
    expect(code).toBe(0);
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
  });
});
