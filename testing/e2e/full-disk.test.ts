import { execFile } from 'node:child_process';
import { mkdtemp, open, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import { createWorkspace, defineScriptJob, deployWorkspace, triggerJob } from '../fixtures/deploy-workspace.ts';
import { postgresPort } from '@pumphouse/server/store/postgres/cluster.ts';
import { runStatement } from '../fixtures/test-postgres.ts';
import { eventually } from '../fixtures/eventually.ts';
import { callRefused } from '../fixtures/raw-call.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';
import { buildArchive } from '../fixtures/workspace-archive.ts';

const execute = promisify(execFile);
const kilobyte = 1024;
const diskBytes = 900 * 1024 * kilobyte;

let disk: string;
let server: TestServer;

beforeAll(async () => {
  disk = await mkdtemp(join(tmpdir(), 'pumphouse-disk-'));
  // Needs root, as a disk that can be filled without harm to others does.
  await execute('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes},mode=0711`, 'tmpfs', disk]);
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn', PUMPHOUSE_LEASE_SECONDS: '3', PUMPHOUSE_DATA_DIR: join(disk, 'data') });
});

afterAll(async () => {
  await server.remove();
  await execute('umount', ['--lazy', disk]);
  await rm(disk, { recursive: true });
});

const lineCount = 40_000;
const talker = `
import os, time
hold = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/hold"
open(hold, "w").close()
print("before")
while os.path.exists(hold):
    time.sleep(0.02)
for number in range(${lineCount}):
    print("line", number, "x" * 80)
print("after")
`;

describe('while the disk of the server is full', () => {
  let workspace: ApiWorkspace;

  beforeAll(async () => {
    const id = await createWorkspace(server, 'talkers');
    await deployWorkspace(server, id, {
      files: { 'talker.py': talker, 'small.py': 'print("small")\n' },
      jobs: [defineScriptJob('talker'), defineScriptJob('small')],
    });
    workspace = createApiWorkspace(server, id);
  });

  it('runs wait, uploads are refused, and all goes on when there is room', async () => {
    const first = await triggerJob(server, workspace.id, 'jobs.small');
    await workspace.awaitEnd(first);
    console.log('used', await bytesFree());
    const run = await triggerJob(server, workspace.id, 'jobs.talker');
    await workspace.awaitLine(run, 'before');
    const filler = await fillDisk(512 * kilobyte);
    const hold = (await execute('find', [join(disk, 'data'), '-name', 'hold'])).stdout.trim();
    await rm(hold);
    await eventually('the disk is full', async () => (await bytesFree()) === 0, { timeoutSeconds: 20 });
    console.log(await workspace.getRun(run).then((r) => r.status));
    const small = await triggerJob(server, workspace.id, 'jobs.small').catch((error: unknown) => error);
    console.log('trigger', small);
    const issued = await server.client.call('issue_upload_deployment', { params: { workspace_id: workspace.id } });
    const form = new FormData();
    form.append('file', new File([new Uint8Array(buildArchive({ 'a.py': Array.from({length: 3000}, () => Math.random()).join() }))], 'w'));
    form.append('requirements_file', new File([JSON.stringify({ engine_version: 2, python_version: '3.11', groups: {} })], 'requirements.json'));
    console.log(
      await callRefused(server.url, `/api/v1/workspaces/${workspace.id}/deployments/${issued.deployment_id}/-upload`, {
        method: 'POST',
        key: issued.upload_token,
        body: form,
      }).catch((error: unknown) => error),
    );
    await new Promise((r) => setTimeout(r, 1000));
    const url = `postgresql://postgres@localhost/pumphouse?host=${encodeURIComponent(join(disk, 'data/postgres/data'))}&port=${postgresPort}`;
    for (let n = 0; n < 6; n++)
      await runStatement(url, `select pg_logical_emit_message(false, 'a', 'b'); select pg_switch_wal()`).then(() => console.log('switched'), (e: unknown) => console.log(String(e)));
    console.log(await execute('sh', ['-c', `tail -20 ${disk}/data/postgres/postgres.log; ls -la ${disk}/data/postgres/data/pg_wal`]).then((r) => r.stdout));
    for (let n = 0; n < 5; n++) {
    console.log(await callRefused(server.url, `/api/v1/workspaces/${workspace.id}`, {key: server.key}).catch(e=>String(e).slice(0,200)));
    console.log(await fetch(server.url + '/readyz').then(async (r) => [r.status, await r.text()]));
    console.log(await fetch(server.url + '/healthz').then(async (r) => [r.status, await r.text()]));
    await new Promise((r) => setTimeout(r, 500));
    }
    console.log(server.log().slice(-6000));
    await rm(filler);
    const ended = await workspace.awaitEnd(run);
    console.log(ended.status, ended.duration_seconds);
    const log = await workspace.readLog(run);
    console.log(log.length, joinLines(log, 'runner'));
    if (typeof small === 'string') console.log(await workspace.awaitEnd(small).then((r) => r.status), joinLines(await workspace.readLog(small)));
    console.log(server.log().slice(-3000));
  }, 120_000);
});

async function bytesFree(): Promise<number> {
  const { bavail, bsize } = await statfs(disk);
  return bavail * bsize;
}

/** Leaves so many bytes. @returns the file that takes the rest */
async function fillDisk(bytesLeft: number): Promise<string> {
  const path = join(disk, 'filler');
  await execute('fallocate', ['-l', String((await bytesFree()) - bytesLeft), path]);
  return path;
}
void open; void writeFile;
