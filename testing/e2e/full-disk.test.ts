import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { glob, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresPort, superuser } from '@pumphouse/server/store/postgres/embedded/cluster.ts';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { runsAreContainers } from '../fixtures/runs-location.ts';
import { callRefused, readRefusal } from '../fixtures/raw-call.ts';
import { findFreePort } from '../fixtures/free-port.ts';
import { startPumphouse } from '../fixtures/command.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';
import { runStatement } from '../fixtures/test-postgres.ts';

const execute = promisify(execFile);
const megabyte = 1024 * 1024;
/** Enough for an environment, the cache of its builder, and Postgres. */
const diskBytes = 900 * megabyte;

const lineCount = 20_000;
/** Prints twenty megabytes once it is no longer held. */
const talker = `
import os, time

hold = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/hold"
open(hold, "w").close()
print("is held")
while os.path.exists(hold):
    time.sleep(0.02)
for number in range(${lineCount}):
    print("line", number, "x" * 1000)
`;

let disk: string;
let server: TestServer;
let workspace: ApiWorkspace;
let talkingRunId: string;
let lateRunId: string;
let filler: string;
/** Elsewhere: what runs the commands writes a home folder. */
let commandFolder: string;

async function openDisk(): Promise<void> {
  disk = await mkdtemp(join(tmpdir(), 'pumphouse-disk-'));
  commandFolder = await mkdtemp(join(tmpdir(), 'pumphouse-command-'));
  // Only root can mount; a shared disk cannot be filled.
  await execute('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes},mode=0711`, 'tmpfs', disk]);
  server = await startTestServer({
    PUMPHOUSE_DATA_DIR: join(disk, 'data'),
    PUMPHOUSE_LOG_LEVEL: 'error',
    // A run that could not be started is retried after this.
    PUMPHOUSE_LEASE_SECONDS: '3',
  });
  const id = await createWorkspace(server, 'full-disk');
  await deployWorkspace(server, id, {
    files: { 'talker.py': talker, 'late.py': 'print("late")\n' },
    jobs: [defineScriptJob('talker'), defineScriptJob('late')],
  });
  workspace = createApiWorkspace(server, id);
}

async function closeDisk(): Promise<void> {
  await server.remove();
  await execute('umount', ['--lazy', disk]);
  for (const folder of [disk, commandFolder]) await rm(folder, { recursive: true });
}

// With containers, local data and spools are on the engine's disk, which testing/containers/full-engine-disk
// fills.
describe.skipIf(runsAreContainers)('on a full disk', () => {
  beforeAll(openDisk);
  afterAll(closeDisk);

  it('runs wait, uploads are rejected with the reason, and existing data can be read', async () => {
    talkingRunId = await triggerJob(server, workspace.id, 'jobs.talker');
    await workspace.awaitLine(talkingRunId, 'is held');
    await eventually('the environment is compiled', async () => !(await isCompiling()));
    await takeWholeSegment();
    filler = await fillDisk(megabyte);
    await rm(join(disk, 'data/local-data', workspace.id, 'prod', 'hold'));
    await eventually('the run has filled the disk', async () => (await countFreeBytes()) === 0);

    expect(await upload()).toMatchObject({ status: 507, code: 'disk_full' });
    const shortDisk = /^the disk of the data folder has only 0 B of \S+ MB free: bin\/pumphouse doctor/;
    expect(await readDegraded()).toContainEqual(expect.stringMatching(shortDisk));
    // Refused, and without effect, while a table of Postgres finds no room for its next page.
    lateRunId = await eventually('a run is requested', () => triggerJob(server, workspace.id, 'jobs.late'));
    const late = { workspace_id: workspace.id, job_run_id: lateRunId };
    await eventually('the run that is to start waits for room', async () => {
      const { waiting } = await server.client.call('get_run_overview', { params: late });
      return waiting?.reason.includes('its data folder (ENOSPC)');
    });
    expect(await workspace.getRun(talkingRunId)).toMatchObject({ status: 'running' });
    expect(await workspace.getRun(lateRunId)).toMatchObject({ status: 'pending' });
  });

  it.each([['server'], ['doctor', '--upgrade'], ['backup', 'create', '--location', 'file:///backups']])(
    'the command %s names the disk, and what can be removed',
    async (...args) => {
      const env = { PUMPHOUSE_DATA_DIR: join(disk, 'data'), PUMPHOUSE_PORT: String(await findFreePort()) };
      const { code, stderr } = await startPumphouse(args, { cwd: commandFolder, env }).result;
      expect(code).toBe(1);
      expect(stderr).toContain(`The disk of ${disk}/data is full (0 B of `);
      expect(stderr).toContain(`${disk}/data/uv-caches can be removed at any time`);
    },
  );

  it('a Postgres that ends for lack of space loses nothing', async () => {
    await endPostgresWithFullDisk();
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const answer = await fetch(`${server.url}/api/v1/organizations`, {
      headers: { authorization: `Bearer ${server.key}` },
    });
    // It may have recovered already, in the space freed by its end.
    if (!answer.ok) {
      const refused = readRefusal(answer.status, answer.headers.get('content-type'), await answer.text());
      expect(refused).toMatchObject({ status: 503, code: 'unavailable' });
    }
  });

  it('everything continues when space is available again, and nothing was lost', async () => {
    await rm(filler);
    const ready = async () => (await fetch(`${server.url}/readyz`)).ok;
    await eventually('the server is ready again', ready);
    for (const id of [talkingRunId, lateRunId]) {
      expect(await workspace.awaitEnd(id)).toMatchObject({ status: 'completed' });
    }
    const log = await workspace.readLog(talkingRunId);
    const expected = Array.from({ length: lineCount }, (_, number) => `line ${number} ${'x'.repeat(1000)}`);
    expect(joinLines(log, 'user').split('\n')).toEqual(['is held', ...expected]);
    expect(joinLines(log, 'setup')).toMatch(
      /Pumphouse: The disk of the run's server was full: .* Nothing was lost\./,
    );
    expect(joinLines(await workspace.readLog(lateRunId), 'user')).toBe('late');
    await deployWorkspace(server, workspace.id, {
      files: { 'talker.py': talker },
      jobs: [defineScriptJob('talker')],
    });
    expect(await workspace.latestDeployment()).toMatchObject({ version: 2, file_count: 1 });
  });
});

async function readDegraded(): Promise<string[]> {
  const answer = await fetch(`${server.url}/readyz`);
  return ((await answer.json()) as { degraded: string[] }).degraded;
}

/** Modules are compiled after the first run, which uses more and more space until all are done. */
async function isCompiling(): Promise<boolean> {
  const left = await Array.fromAsync(glob('data/environments/*/rest.json', { cwd: disk }));
  return left.length > 0;
}

async function countFreeBytes(): Promise<number> {
  const { bavail, bsize } = await statfs(disk);
  return bavail * bsize;
}

/**
 * Leaves this many bytes free.
 * @returns the file that uses up the rest
 */
async function fillDisk(bytesLeft: number): Promise<string> {
  const path = join(disk, 'filler');
  await execute('fallocate', ['--length', String((await countFreeBytes()) - bytesLeft), path]);
  return path;
}

/** Uploads something that is not an archive, which is checked only once it has arrived. */
async function upload() {
  const issued = await server.client.call('issue_upload_deployment', {
    params: { workspace_id: workspace.id },
  });
  const form = new FormData();
  form.append('file', new File([randomBytes(megabyte)], 'workspace.tar.gz'));
  return callRefused(server.url, new URL(issued.upload_url).pathname, {
    key: issued.upload_token,
    method: 'POST',
    body: form,
  });
}

/** Postgres writes its log in segments of 16 MB, and ends itself if there is no space for the next one. */
async function endPostgresWithFullDisk(): Promise<void> {
  const takeNextSegment = `select pg_logical_emit_message(false, 'a', 'b'); select pg_switch_wal()`;
  const hasFailed = () =>
    runStatement(superuserUrl(), takeNextSegment).then(
      () => false,
      () => true,
    );
  await eventually('Postgres ends', hasFailed);
}

/** Lets the server write to its database for a while on a full disk: the log of Postgres then needs no new segment. */
async function takeWholeSegment(): Promise<void> {
  // The message is the first record of the segment, and creates it.
  await runStatement(
    superuserUrl(),
    `select pg_switch_wal(); select pg_logical_emit_message(true, 'a', 'b')`,
  );
}

function superuserUrl(): string {
  const socketFolder = encodeURIComponent(join(disk, 'data/postgres/data'));
  return `postgresql://${superuser}@localhost/pumphouse?host=${socketFolder}&port=${postgresPort}`;
}
