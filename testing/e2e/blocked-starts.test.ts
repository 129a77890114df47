import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { homeOf, startPumphouse } from '../fixtures/command.ts';
import { createWorkspace, defineScriptJob, deployWorkspace } from '../fixtures/deploy-workspace.ts';
import { findOnlyChild } from '../fixtures/engine-process.ts';
import { isRoot, lacks } from '../fixtures/requirements.ts';
import { runsAreContainers } from '../fixtures/runs-location.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

const execute = promisify(execFile);

let folder: string;
let server: TestServer;

/** Mounts a device that no user can open, as on a machine that closes it to its containers. */
const closeDevice =
  'mount -t tmpfs -o nodev tmpfs "$1" && mknod "$1/tun" c 10 200 && mount --bind "$1/tun" /dev/net/tun && shift && exec "$@"';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-blocked-'));
  const enter = ['--mount', '--fork', '--kill-child', 'sh', '-c', closeDevice, 'sh', folder];
  server = await startTestServer(
    { PUMPHOUSE_LOG_LEVEL: 'error' },
    { machine: { enter: ['unshare', ...enter] } },
  );
  const id = await createWorkspace(server, 'blocked');
  await deployWorkspace(server, id, {
    files: { 'hello.py': 'print("hello")\n' },
    jobs: [defineScriptJob('hello')],
  });
});
afterAll(async () => {
  await server.remove();
  for (const path of [folder, homeOf(folder)]) await rm(path, { recursive: true, force: true });
});

/** Runs a program where only the server sees what it mounts. */
async function atServer(...command: string[]): Promise<void> {
  const pid = await findOnlyChild(server.process);
  await execute('nsenter', ['--target', String(pid), '--mount', ...command]);
}

/** Follows a new run, as a user does. */
function launch() {
  const env = {
    RUNTIME__API_BASE_URL: server.url,
    RUNTIME__API_KEY: server.key,
    PUMPHOUSE_WORKSPACE: 'blocked',
  };
  return startPumphouse(['launch', 'hello', '--follow', '--no-deploy'], { cwd: folder, env });
}

/** What `/readyz` and the page System report. */
async function readProblems() {
  const answer = (await (await fetch(`${server.url}/readyz`)).json()) as { reasons: string[] };
  const { problems } = await server.client.call('get_system', {});
  return { reasons: answer.reasons, problems };
}

describe.skipIf(runsAreContainers || lacks('root', isRoot))('a run', () => {
  it.each([
    {
      what: '/dev/net/tun',
      obstacle: 'The server cannot open /dev/net/tun (EACCES)',
      // Closed since the start of the server.
      close: async () => undefined,
      open: () => atServer('umount', '/dev/net/tun'),
    },
    {
      what: 'a data folder that cannot be written to',
      obstacle: 'The server cannot write to its data folder (EROFS)',
      close: async () => {
        await atServer('mount', '--bind', server.dataDir, server.dataDir);
        await atServer('mount', '-o', 'remount,bind,ro', server.dataDir);
      },
      open: () => atServer('umount', server.dataDir),
    },
  ])('waits for $what, says so, and starts by itself', async ({ obstacle, close, open }) => {
    await close();
    const launched = launch();
    const createdAt = await launched.printedAt('of jobs.hello: ');
    const saidAt = await launched.printedAt(`Waiting: No run can start now: ${obstacle}`);
    // Within a second on a quiet machine; each of three attempts took 40 s.
    expect(Number(saidAt) - Number(createdAt)).toBeLessThan(5000);
    const text = expect.stringContaining(`executor: ${obstacle}`);
    expect(await readProblems()).toMatchObject({ reasons: [text], problems: [text] });
    await open();
    expect(await launched.result).toMatchObject({ code: 0, stdout: expect.stringMatching(/^hello$/m) });
    expect(await readProblems()).toMatchObject({ reasons: [], problems: expect.not.arrayContaining([text]) });
  });
});
