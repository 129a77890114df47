import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPerson, type Person } from '../fixtures/agree-to-sign-in.ts';
import { createSignInClient, type SignInClient } from '../fixtures/sign-in-client.ts';
import { eventually } from '../fixtures/eventually.ts';
import { openServerStore, type ServerStore } from '../fixtures/server-store.ts';
import { ownerEmail, startTestServer, type TestServer } from '../fixtures/server.ts';
import { prepareDltClient, type ClientResult, type DltClientInstall } from '../fixtures/dlt-client.ts';
import { addDeviceCodes } from '@pumphouse/server/store/postgres/testing/sign-in.ts';
import { breakTable } from '@pumphouse/server/store/postgres/testing/tables.ts';
import { createSignInFixture } from '@pumphouse/server/services/testing/sign-in-fixture.ts';

let install: DltClientInstall;
let server: TestServer;
let serverStore: ServerStore;
let parentFolder: string;
let person: Person;

beforeAll(async () => {
  install = await prepareDltClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'error' });
  serverStore = await openServerStore(server);
  person = await createPerson(ownerEmail);
});

afterAll(async () => {
  await person.close();
  await serverStore.close();
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

const createClient = (name: string, files: Record<string, string> = {}) =>
  createSignInClient({ install, server, parentFolder, name }, files);

/** Output of a command that must have succeeded. */
function printed({ code, stdout, stderr }: ClientResult): string {
  if (code !== 0) throw new Error(`It ended with code ${code}: ${stdout}${stderr}`);
  return stdout;
}

/** The instructions that `login --device` prints for a user or a script. */
function readInstructions(output: string) {
  const match =
    /Please open (\S+) and confirm the page shows the code (\S+)\n[^]*\n {2}dlthub login --resume (\S+)\n/.exec(
      output,
    );
  if (!match) throw new Error(`These are no instructions: ${output}`);
  const [, url = '', userCode = '', deviceCode = ''] = match;
  return { url, userCode, deviceCode };
}

/** Signs the owner in at a client. */
async function signIn(client: SignInClient): Promise<void> {
  const { url, deviceCode } = readInstructions(printed(await client.run(['login', '--device'])));
  await person.agree(url);
  printed(await client.run(['login', '--resume', deviceCode]));
}

/** Moves all timestamps of sessions a minute into the past. */
const letMinutePass = () => createSignInFixture(serverStore).letPass('1 minute');

describe('dlthub login --device', () => {
  let client: SignInClient;

  beforeAll(async () => {
    client = await createClient('device');
  });

  it('shows a code, and continues when the user has approved', async () => {
    const { url, userCode, deviceCode } = readInstructions(printed(await client.run(['login', '--device'])));
    expect(url).toBe(`${server.url}/sign-in/device?user_code=${userCode}`);
    expect(await client.readTokens()).toBeNull();
    const resumed = client.run(['login', '--resume', deviceCode]);
    // It polls once without success, is told to wait, and polls again.
    await eventually('the client asks', async () => {
      const [asked] = await serverStore.database.query(
        'select from device_codes where user_code = $1 and last_asked_at is not null',
        [userCode],
      );
      return asked !== undefined;
    });
    expect((await person.agree(url)).asked).toContain(userCode);
    expect(printed(await resumed)).toContain(`Logged in as ${ownerEmail}`);
    expect(await client.readTokens()).not.toBeNull();
  });

  it('makes commands work on behalf of the user', async () => {
    expect(printed(await client.run(['workspace', 'connect', 'mine', '--create']))).toContain('mine');
    expect(printed(await client.run(['workspace', 'list']))).toContain('mine');
    expect(printed(await client.run(['login', '--device']))).toContain(`Already logged in as ${ownerEmail}`);
  });

  it('ends when the user declines', async () => {
    const other = await createClient('declined');
    const { url, deviceCode } = readInstructions(printed(await other.run(['login', '--device'])));
    await person.decline(url);
    const { code, stdout, stderr } = await other.run(['login', '--resume', deviceCode]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain('The sign-in was declined.');
  });

  it('ends at once when too many sign-ins are pending', async () => {
    const { database } = serverStore;
    await addDeviceCodes(database, 100, '127.0.0.1');
    const other = await createClient('flooded');
    const { code, stdout, stderr } = await other.run(['login', '--device']);
    await database.execute(`delete from device_codes where user_code like '127.0.0.1%'`);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain('(HTTP 429)');
  });
});

describe('dlthub login on a desktop', () => {
  it('opens the browser, and is signed in when the user has approved there', async () => {
    const client = await createClient('desktop');
    const login = client.run(['login'], { desktop: true });
    const url = await client.openedUrl();
    expect(url).toMatch(`${server.url}/sign-in/authorize?request=`);
    await person.agree(url);
    expect(printed(await login)).toContain(`Logged in as ${ownerEmail}`);
    expect(printed(await client.run(['workspace', 'list']))).toContain('mine');
  });
});

describe('at a terminal', () => {
  let client: SignInClient;

  beforeAll(async () => {
    client = await createClient('terminal');
  });

  it('a sign-in by code waits for the user, and expires', async () => {
    const login = client.runInTerminal(['login', '--device'], { desktop: true });
    const url = await client.openedUrl();
    await person.agree(url);
    expect(printed(await login)).toContain(`Logged in as ${ownerEmail}`);
  });

  it('a workspace is connected by choosing it from a list, and shown', async () => {
    const listed = printed(await client.run(['workspace', 'list']));
    expect(listed).toContain('mine');
    expect(printed(await client.runInTerminal(['workspace', 'connect'], { input: '1\n' }))).toContain(
      'onnected',
    );
    expect(printed(await client.runInTerminal(['workspace', 'show'], { desktop: true }))).toContain(
      `${server.url}/w/`,
    );
    // The opened URL contains a code, so that the browser is signed in like the terminal.
    expect(await client.openedUrl()).toMatch(/\/w\/[0-9a-f-]{36}\?swap=/);
  });
});

describe('a signed-in client', () => {
  let client: SignInClient;

  beforeAll(async () => {
    client = await createClient('renewing', {
      'slow.py': `
import time

if __name__ == "__main__":
    for second in range(15):
        print("second", second, flush=True)
        time.sleep(1)
    print("done")
`,
    });
    await signIn(client);
    printed(await client.run(['workspace', 'connect', 'renewing', '--create']));
  });

  it('renews a token that has expired', async () => {
    const before = await client.readTokens();
    const expired = await client.storeTokenFor(-1);
    await letMinutePass();
    expect(printed(await client.run(['workspace', 'list']))).toContain('renewing');
    const after = await client.readTokens();
    expect([expired, before?.jwt]).not.toContain(after?.jwt);
    expect(after?.refreshToken).not.toBe(before?.refreshToken);
  });

  it('renews a token that the server no longer accepts, and retries', async () => {
    const spoilt = await client.spoilToken();
    expect(printed(await client.run(['workspace', 'list']))).toContain('renewing');
    expect((await client.readTokens())?.jwt).not.toBe(spoilt);
  });

  it('renews a token during a command that outlives it', async () => {
    await letMinutePass();
    const before = await client.readTokens();
    // The client renews a token with less than a minute left.
    const short = await client.storeTokenFor(68);
    const output = printed(await client.run(['run', 'slow.py', '-f']));
    expect(output).toContain('second 14');
    expect(output).toContain('finished with status: completed');
    const after = await client.readTokens();
    expect(after?.jwt).not.toBe(short);
    expect(after?.refreshToken).not.toBe(before?.refreshToken);
  });

  it("keeps its tokens while the server's database fails", async () => {
    await client.spoilToken();
    const before = await client.readTokens();
    const restore = await breakTable(serverStore.database, 'refresh_tokens');
    const failed = await client.run(['workspace', 'list']);
    await restore();
    expect(failed.code).not.toBe(0);
    expect(failed.stdout + failed.stderr).not.toContain('Not logged in');
    expect(await client.readTokens()).toEqual(before);
    expect(printed(await client.run(['workspace', 'list']))).toContain('renewing');
  });

  it('asks to sign in again when a copy of its tokens was used', async () => {
    const thief = await createClient('thief');
    await client.copyTo('thief');
    await letMinutePass();
    await thief.storeTokenFor(-1);
    expect(printed(await thief.run(['workspace', 'list']))).toContain('renewing');
    await letMinutePass();
    await client.storeTokenFor(-1);
    readInstructions(printed(await client.run(['workspace', 'list'])));
    await thief.storeTokenFor(-1);
    readInstructions(printed(await thief.run(['workspace', 'list'])));
  });

  it('deletes its tokens on logout', async () => {
    await signIn(client);
    expect(printed(await client.run(['logout']))).toContain('Logged out');
    expect(await client.readTokens()).toBeNull();
    readInstructions(printed(await client.run(['workspace', 'list'])));
  });
});
