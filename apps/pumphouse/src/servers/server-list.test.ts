import { lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDltLogin, writeDltLogin } from './dlt-secrets.ts';
import { listServers, readServerLogin, setCurrentServer, writeServerLogin } from './server-list.ts';

let home: string;
let env: NodeJS.ProcessEnv;
let secrets: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'pumphouse-servers-'));
  env = { HOME: home, PUMPHOUSE_LOGIN_DIR: join(home, '.dlt') };
  secrets = join(home, '.dlt', 'secrets.toml');
});
afterEach(() => rm(home, { recursive: true }));

const one = { name: 'one', url: 'https://one.example.com' };
const two = { name: 'two', url: 'https://two.example.com' };
const login = (name: string) => ({ authToken: `token of ${name}`, refreshToken: `refresh of ${name}` });

describe("dlt's secrets", () => {
  it('keep their comments and other values, and only the owner can read them', async () => {
    await mkdir(join(home, '.dlt'));
    const before = '# mine\n[sources.shop]\nkey = "x" # keep\n\n[runtime]\nlog_level = "INFO"\n';
    await writeFile(secrets, before, { mode: 0o644 });
    await writeDltLogin(env, login('one'));
    const after = await readFile(secrets, 'utf8');
    expect(after).toContain('# mine');
    expect(after).toContain('key = "x" # keep');
    expect(after).toContain('log_level = "INFO"');
    expect(await readDltLogin(env)).toEqual(login('one'));
    expect((await stat(secrets)).mode & 0o777).toBe(0o600);
    await writeDltLogin(env, {});
    expect(await readDltLogin(env)).toEqual({});
    expect(await readFile(secrets, 'utf8')).toContain('log_level = "INFO"');
  });

  it('may be a link', async () => {
    await mkdir(join(home, '.dlt'));
    await writeFile(join(home, 'dotfile'), '');
    await symlink(join(home, 'dotfile'), secrets);
    await writeDltLogin(env, { apiKey: 'dlt_u_x' });
    expect((await lstat(secrets)).isSymbolicLink()).toBe(true);
    expect(await readFile(join(home, 'dotfile'), 'utf8')).toContain('dlt_u_x');
  });

  it('are explained if they are broken, and stay as they are', async () => {
    await mkdir(join(home, '.dlt'));
    await writeFile(secrets, '[runtime\n');
    await expect(writeDltLogin(env, login('one'))).rejects.toMatchObject({ code: 'invalid_toml' });
    expect(await readFile(secrets, 'utf8')).toBe('[runtime\n');
  });
});

describe('the servers of a user', () => {
  it('each keep their login; that of the current one is where dlt keeps it', async () => {
    await setCurrentServer(env, one, login('one'));
    await setCurrentServer(env, two, login('two'));
    expect(await listServers(env)).toEqual([
      { ...one, isCurrent: false },
      { ...two, isCurrent: true },
    ]);
    expect(await readDltLogin(env)).toEqual(login('two'));
    expect(await readServerLogin(env, one.url)).toEqual(login('one'));
    await writeServerLogin(env, one.url, login('one, refreshed'));
    expect(await readServerLogin(env, one.url)).toEqual(login('one, refreshed'));
    expect(await readDltLogin(env)).toEqual(login('two'));
  });

  it('can become the current one again', async () => {
    await setCurrentServer(env, one, login('one'));
    await setCurrentServer(env, two, login('two'));
    await setCurrentServer(env, one, login('one, again'));
    expect(await readDltLogin(env)).toEqual(login('one, again'));
    expect(await readServerLogin(env, two.url)).toEqual(login('two'));
  });

  it('that are unknown use the login that dlthub has stored', async () => {
    await writeDltLogin(env, login('dlthub'));
    expect(await readServerLogin(env, 'https://other.example.com')).toEqual(login('dlthub'));
  });

  it('that are unknown never get the login of a known one', async () => {
    await setCurrentServer(env, one, login('one'));
    expect(await readServerLogin(env, 'https://collector.example.com')).toEqual({});
  });
});
