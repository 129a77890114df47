import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPerson, type Person } from '../../fixtures/agree-to-sign-in.ts';
import { homeOf, runPumphouse, startPumphouse, type CommandOptions } from '../../fixtures/command.ts';
import { prepareDltClient } from '../../fixtures/dlt-client.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { ownerEmail, startTestServer, type TestServer } from '../../fixtures/server.ts';
import { createSignInClient, type SignInClient } from '../../fixtures/sign-in-client.ts';

let server: TestServer;
let parentFolder: string;
let person: Person;
/** `dlthub` in a workspace folder; it shares the folder and the home with `pumphouse`. */
let dlthub: SignInClient;
let folder: string;

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'error' });
  person = await createPerson(ownerEmail);
  folder = join(parentFolder, 'shop');
  const install = await prepareDltClient();
  dlthub = await createSignInClient({ install, server, parentFolder, name: 'shop' });
});

afterAll(async () => {
  await person.close();
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

const pumphouse = (args: readonly string[], options: Partial<CommandOptions> = {}) =>
  runPumphouse(args, { cwd: folder, ...options });

describe('pumphouse login', () => {
  it('signs in with the browser of the machine, and keeps the tokens where dlthub reads them', async () => {
    const opened = join(parentFolder, 'opened');
    const browser = join(parentFolder, 'browser');
    await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > '${opened}'\n`, { mode: 0o755 });
    const env = { DISPLAY: ':0', BROWSER: browser };
    const login = startPumphouse(['login', '--server', server.url], { cwd: folder, env });
    const url = await eventually('a page is opened', () => readFile(opened, 'utf8'));
    await person.agree(url);
    const { code, stderr } = await login.result;
    expect(stderr).toContain(url);
    expect(stderr).toContain(`Signed in to ${server.url} as ${ownerEmail}.`);
    expect(code).toBe(0);
    expect(await dlthub.readTokens()).not.toBeNull();
    expect((await stat(join(homeOf(folder), '.dlt', 'secrets.toml'))).mode & 0o077).toBe(0);
    expect((await dlthub.run(['workspace', 'list'])).code).toBe(0);
  });

  it('says when the user declines', async () => {
    const other = join(parentFolder, 'declined');
    await mkdir(other);
    const opened = join(parentFolder, 'opened-to-decline');
    const browser = join(parentFolder, 'browser-to-decline');
    await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > '${opened}'\n`, { mode: 0o755 });
    const env = { DISPLAY: ':0', BROWSER: browser };
    const login = startPumphouse(['login', '--server', server.url], { cwd: other, env });
    await person.decline(await eventually('a page is opened', () => readFile(opened, 'utf8')));
    const { code, stderr } = await login.result;
    expect(stderr).toContain('The sign-in was declined');
    expect(code).toBe(3);
  });

  it('uses the login that dlthub has refreshed, and refreshes it for dlthub', async () => {
    await dlthub.storeTokenFor(-10);
    expect((await dlthub.run(['workspace', 'list'])).code).toBe(0);
    const whoami = await pumphouse(['whoami', '--json']);
    expect(JSON.parse(whoami.stdout)).toMatchObject({ email: ownerEmail, credential: 'login' });

    const expired = await dlthub.storeTokenFor(-10);
    expect((await pumphouse(['whoami'])).code).toBe(0);
    expect((await dlthub.readTokens())?.jwt).not.toBe(expired);
    expect((await dlthub.run(['workspace', 'list'])).code).toBe(0);
  });

  it('replaces a token that the server rejects in the middle of a command', async () => {
    const spoilt = await dlthub.spoilToken();
    expect((await pumphouse(['whoami'])).code).toBe(0);
    expect((await dlthub.readTokens())?.jwt).not.toBe(spoilt);
  });

  it('ends the session for dlthub too at logout, and then asks for a login', async () => {
    const before = await dlthub.readTokens();
    expect((await pumphouse(['logout'])).code).toBe(0);
    expect(await dlthub.readTokens()).toBeNull();
    const refreshed = await server.client
      .call('refresh_session', { body: { refresh_token: before?.refreshToken ?? '' } })
      .then(
        () => 'refreshed',
        () => 'rejected',
      );
    expect(refreshed).toBe('rejected');
    const { code, stderr } = await pumphouse(['whoami']);
    expect(stderr).toContain('pumphouse login');
    expect(code).toBe(3);
  });
});

describe('pumphouse login --device', () => {
  it('prints the command that continues when there is no terminal, and continues', async () => {
    const begun = await pumphouse(['login', '--device', '--server', server.url]);
    expect(begun.code).toBe(3);
    const url = /Visit (\S+)/.exec(begun.stderr)?.[1] ?? '';
    const code = /login --resume (\S+)/.exec(begun.stderr)?.[1] ?? '';
    await person.agree(url);
    const resumed = await pumphouse(['login', '--resume', code, '--server', server.url]);
    expect(resumed.stderr).toContain('Signed in');
    expect(resumed.code).toBe(0);
  });

  it('waits for the user on a terminal', async () => {
    const login = startPumphouse(['login', '--device', '--server', server.url], { cwd: folder, columns: 80 });
    const url = await eventually('an address is shown', () => /Visit (\S+)/.exec(login.printed())?.[1]);
    await person.agree(url);
    const { code, stdout } = await login.result;
    expect(stdout).toContain(`Signed in to ${server.url}`);
    expect(code).toBe(0);
  });
});

describe('pumphouse login --key', () => {
  it('stores a key from standard input, and no key that the server rejects', async () => {
    const cwd = join(parentFolder, 'machine');
    await mkdir(cwd);
    const login = (input: string) =>
      runPumphouse(['login', '--server', server.url, '--key', '-'], { cwd, input });
    const wrong = await login(`dlt_u_${'x'.repeat(43)}\n`);
    expect(wrong.code).toBe(3);
    expect((await login('secret')).code).toBe(2);
    expect((await login(`${server.key}\n`)).code).toBe(0);
    const whoami = await runPumphouse(['whoami', '--json'], { cwd });
    expect(JSON.parse(whoami.stdout)).toMatchObject({ credential: 'key' });
  });

  it('keeps one login for each server, by name', async () => {
    const other = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'error' });
    try {
      const cwd = join(parentFolder, 'two-servers');
      await mkdir(cwd);
      for (const [name, { url, key }] of Object.entries({ one: server, two: other })) {
        const args = ['login', '--server', url, '--name', name, '--key', '-'];
        expect((await runPumphouse(args, { cwd, input: key })).code).toBe(0);
      }
      const serverOf = async (args: readonly string[]) => {
        const { stdout } = await runPumphouse(['whoami', '--json', ...args], { cwd });
        return (JSON.parse(stdout) as { server: string }).server;
      };
      expect(await serverOf([])).toBe(other.url);
      expect(await serverOf(['--server', 'one'])).toBe(server.url);
      expect(await serverOf(['--server', 'two'])).toBe(other.url);
    } finally {
      await other.remove();
    }
  });
});
