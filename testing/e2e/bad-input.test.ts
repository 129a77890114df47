import { randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresPort } from '@pumphouse/server/store/postgres/embedded/cluster.ts';
import { createClient } from '@pumphouse/client';
import { createApiWorkspace, joinLines } from '../fixtures/api-workspace.ts';
import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { listErrors } from '../fixtures/logged-errors.ts';
import { callRefused } from '../fixtures/raw-call.ts';
import { packZeros, sendArchive, streamZeros, uploadArchive } from '../fixtures/refused-upload.ts';
import { listRunProcesses } from '../fixtures/run-processes.ts';
import { ownerEmail, runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';
import { runStatement } from '../fixtures/test-postgres.ts';
import { buildArchive } from '../fixtures/workspace-archive.ts';

const megabyte = 1024 * 1024;
const maxUnpackedMegabytes = 256;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    PUMPHOUSE_MAX_UNPACKED_MB: String(maxUnpackedMegabytes),
  });
});

afterAll(() => server.remove());

/** A new workspace with one job, `jobs.main`, which runs this script. */
async function deployScript(name: string, script: string, requirements?: string[]): Promise<ApiWorkspace> {
  const workspaceId = await createWorkspace(server, name);
  await deployWorkspace(server, workspaceId, {
    files: { 'main.py': script },
    jobs: [defineScriptJob('main')],
    ...(requirements === undefined ? {} : { requirements }),
  });
  return createApiWorkspace(server, workspaceId);
}

async function runScript(name: string, script: string, requirements?: string[]) {
  const workspace = await deployScript(name, script, requirements);
  const run = await workspace.awaitEnd(await triggerJob(server, workspace.id, 'jobs.main'));
  return { workspace, run, log: await workspace.readLog(run.id) };
}

describe('a rejected archive', () => {
  let workspaceId: string;

  beforeAll(async () => {
    workspaceId = await createWorkspace(server, 'refused-archives');
  });

  const safe = { 'main.py': 'print("safe")\n' };
  const cases: [string, string, () => Buffer][] = [
    ['with ..', 'archive_unsafe', () => buildArchive({ ...safe, '../out.py': 'x' })],
    [
      'with a name from the root',
      'archive_unsafe',
      () => buildArchive(safe, { entries: [{ name: '/etc/passwd' }] }),
    ],
    ['with a link out', 'archive_unsafe', () => buildArchive({ ...safe, out: { link: '../../etc/passwd' } })],
    [
      'with a hard link',
      'archive_unsafe',
      () => buildArchive(safe, { entries: [{ name: 'files/hard', type: '1', linkname: 'files/main.py' }] }),
    ],
    [
      'with a wrong hash',
      'hash_mismatch',
      () =>
        buildArchive(safe, {
          changeManifest: (manifest) => manifest.replace(/sha3_256: \S{4}/, 'sha3_256: AAAA'),
        }),
    ],
    ['that is cut off', 'archive_truncated', () => cutOff(buildArchive({ 'main.py': noise(100_000) }))],
    ['that is no archive', 'archive_invalid', () => Buffer.from('PK\u0003\u0004 and no gzip')],
    ['without a manifest', 'archive_invalid', () => buildArchive(safe, { manifest: null })],
  ];

  it.each(cases)('%s: %s', async (_, code, buildBad) => {
    const refused = await uploadArchive(server, workspaceId, buildBad());
    expect(refused).toMatchObject({ status: 400, code });
    const latest = await callRefused(server.url, `/api/v1/workspaces/${workspaceId}/deployments/latest`, {
      key: server.key,
    });
    expect(latest).toMatchObject({ status: 404, code: 'not_found' });
  });
});

describe('600 MB of zeros', () => {
  let workspaceId: string;

  beforeAll(async () => {
    workspaceId = await createWorkspace(server, 'zeros');
  });

  it('as a file in an archive are rejected while reading, with little memory', async () => {
    const archive = packZeros(600);
    await resetPeakMemory();
    const before = await readMemory('VmHWM');
    expect(await uploadArchive(server, workspaceId, archive)).toMatchObject({
      status: 413,
      code: 'upload_too_large',
    });
    expect((await readMemory('VmHWM')) - before).toBeLessThan(128 * megabyte);
  });

  it('as the archive itself are rejected, with little memory', async () => {
    await resetPeakMemory();
    const before = await readMemory('VmHWM');
    const refused = await streamZeros(server, workspaceId, 600);
    expect(refused).toMatchObject({ status: 413, code: 'upload_too_large' });
    expect((await readMemory('VmHWM')) - before).toBeLessThan(128 * megabyte);
    expect(await readdir(join(server.dataDir, 'uploads'))).toEqual([]);
  });
});

describe('a job definition with an unknown word', () => {
  it('is rejected with the position of the word, and no other job is deployed', async () => {
    const workspace = await deployScript('unknown-words', 'print("one")');
    const good = defineScriptJob('good');
    const bad = { ...defineScriptJob('bad'), expose: { manual: true, category: 'spaceship' } };
    const refused = await callRefused(server.url, `/api/v1/workspaces/${workspace.id}/-deploy`, {
      key: server.key,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        job_definition_engine_version: 2,
        job_definition_hash: 'h',
        deployment_module: '__deployment__',
        jobs: [good, bad],
      }),
    });
    expect(refused).toMatchObject({ status: 400, code: 'invalid_job_definition' });
    expect(JSON.stringify(refused)).toMatch(/jobs\.bad.*expose\.category|expose\.category.*jobs\.bad/);
    await expect(workspace.findJob('jobs.good')).rejects.toThrow('no job');
    expect(await workspace.findJob('jobs.main')).toMatchObject({ is_archived: false, version: 1 });
  });
});

describe('unsatisfiable requirements', () => {
  it("fail the run with the resolver's message in its log", async () => {
    const { run, log } = await runScript('unresolvable', 'print("never")', ['requests==2.0.0']);
    expect(run.status).toBe('failed');
    expect(joinLines(log, 'setup')).toMatch(/No solution found[^]*requests==2\.0\.0/);
    expect(joinLines(log, 'user')).toBe('');
    expect(listErrors(server.log())).toEqual([]);
  });
});

describe('a script', () => {
  it('that prints a line of 10 MB has all of it in its log', async () => {
    const script = 'import sys\nsys.stdout.write("a" * 10_000_000 + "\\n")\nprint("done")\n';
    const { run, log } = await runScript('long-line', script);
    expect(run.status).toBe('completed');
    const pieces = log.filter((line) => line.source === 'user').map((line) => line.content);
    expect(pieces.at(-1)).toBe('done');
    const letters = pieces.slice(0, -1);
    expect(letters.reduce((sum, piece) => sum + piece.length, 0)).toBe(10_000_000);
    expect(Math.max(...letters.map((piece) => piece.length))).toBeLessThanOrEqual(64 * 1024);
    expect(letters.every((piece) => /^a+$/.test(piece))).toBe(true);
  });

  it('that prints invalid UTF-8 has it, escaped, in its log', async () => {
    const script = `
import sys
sys.stdout.buffer.write(b"caf\\xe9 \\xff\\x00 caf\\xc3\\xa9\\n")
sys.stdout.buffer.write("line\\u2028separator\\n".encode())
`;
    const { run, log } = await runScript('no-utf8', script);
    expect(run.status).toBe('completed');
    const output = log.filter((line) => line.source === 'user').map((line) => line.content);
    expect(output).toEqual(['caf\\xe9 \\xff\u0000 café', 'line\u2028separator']);
  });

  it('that leaves processes behind has ended when it ends, and so have they', async () => {
    const script = `
import os, signal, subprocess, sys, time

subprocess.Popen(["sleep", "600"], start_new_session=True, stdout=sys.stdout)
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
print("the script is over")
`;
    const { run, log } = await runScript('leaves-processes', script);
    expect(run.status).toBe('completed');
    expect(joinLines(log, 'user')).toBe('the script is over');
    expect(await listRunProcesses(server.dataDir, run.id)).toEqual([]);
  });
});

describe('a credential', () => {
  let workspace: ApiWorkspace;
  let paths: { read: string; log: string };

  beforeAll(async () => {
    workspace = await deployScript('credentials', 'print("nothing")');
    paths = {
      read: `/api/v1/workspaces/${workspace.id}`,
      log: `/logs/v1/workspaces/${workspace.id}/job-runs/${randomUUID()}/logs`,
    };
  });

  it.each(['dlt_u_wrong', 'dlt_sa_wrong', 'nonsense', 'a.b.c', '', 'dlt_u_' + 'x'.repeat(10_000)])(
    'that is wrong is rejected: %.40j',
    async (key) => {
      for (const path of Object.values(paths)) {
        const refused = await callRefused(server.url, path, { key });
        expect(refused).toMatchObject({ status: 401, code: 'not_authenticated' });
      }
    },
  );

  it('that is missing is rejected', async () => {
    for (const path of Object.values(paths)) {
      expect(await callRefused(server.url, path)).toMatchObject({ status: 401, code: 'not_authenticated' });
    }
  });

  it('that has expired is rejected', async () => {
    const key = await createKey();
    await expireNewestKey();
    for (const path of [paths.read, '/api/v1/organizations']) {
      const refused = await callRefused(server.url, path, { key });
      expect(refused).toMatchObject({ status: 401, code: 'not_authenticated' });
    }
  });

  it('that was created with a key becomes invalid with the key', async () => {
    const client = createClient({ baseUrl: server.url, credential: await createKey() });
    const params = { workspace_id: workspace.id };
    const { token } = await client.call('issue_dataplane_token_workspace', { params });
    const issued = await client.call('issue_upload_deployment', { params });
    await expireNewestKey();
    const read = await callRefused(server.url, paths.log, { key: token });
    const { upload_token: uploadToken, deployment_id: id } = issued;
    const upload = await sendArchive(server, workspace.id, id, uploadToken, buildArchive({ 'main.py': '' }));
    for (const refused of [read, upload])
      expect(refused).toMatchObject({ status: 401, code: 'not_authenticated' });
  });
});

describe("another user's workspace", () => {
  let ours: ApiWorkspace;
  let ourRunId: string;
  let strangersKey: string;
  let strangersWorkspaceId: string;

  beforeAll(async () => {
    const owner = ['--email', 'stranger@example.com'];
    await runAdmin(
      server,
      ['create-owner', ...owner, '--password-stdin', '--organization', 'Strangers'],
      'another long password\n',
    );
    strangersKey = (await runAdmin(server, ['create-key', ...owner])).trim();
    const stranger = { client: createClient({ baseUrl: server.url, credential: strangersKey }) };
    strangersWorkspaceId = await createWorkspace(stranger, 'of-strangers');
    ours = await deployScript('ours', 'print("ours")');
    ourRunId = await triggerJob(server, ours.id, 'jobs.main');
    await ours.awaitEnd(ourRunId);
  });

  it('does not exist for a key without a role in it', async () => {
    const calls: [method: string, path: string, body?: unknown][] = [
      ['GET', ''],
      ['GET', '/jobs'],
      ['GET', '/job-runs'],
      ['GET', `/job-runs/${ourRunId}`],
      ['GET', '/deployments/latest'],
      ['POST', `/job-runs/${ourRunId}/-cancel`],
      ['POST', '/-issue-dataplane-token'],
      ['POST', '/deployments/-issue-upload'],
      ['POST', '/configurations/-issue-upload'],
      ['POST', '/jobs/-trigger', { selectors: ['*'] }],
      [
        'POST',
        '/-deploy',
        { job_definition_engine_version: 2, job_definition_hash: 'h', jobs: [defineScriptJob('main')] },
      ],
    ];
    for (const [method, path, body] of calls) {
      const refused = await callRefused(server.url, `/api/v1/workspaces/${ours.id}${path}`, {
        key: strangersKey,
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      expect({ path, ...refused }).toMatchObject({ path, status: 404, code: 'not_found' });
    }
  });

  it('does not serve its ids through a workspace that the key may read', async () => {
    const own = `/api/v1/workspaces/${strangersWorkspaceId}`;
    const job = await ours.findJob('jobs.main');
    for (const path of [`/job-runs/${ourRunId}`, `/jobs/${job.id}`, `/deployments/${randomUUID()}`]) {
      const refused = await callRefused(server.url, own + path, { key: strangersKey });
      expect({ path, ...refused }).toMatchObject({ path, status: 404, code: 'not_found' });
    }
  });

  it('is closed to data plane and upload tokens of another workspace', async () => {
    const stranger = createClient({ baseUrl: server.url, credential: strangersKey });
    const params = { workspace_id: strangersWorkspaceId };
    const { token } = await stranger.call('issue_dataplane_token_workspace', { params });
    for (const path of [
      `/logs/v1/workspaces/${ours.id}/job-runs/${ourRunId}/logs`,
      `/logs/v1/workspaces/${ours.id}/job-runs/${ourRunId}/log-stream`,
      `/logs/v1/workspaces/${strangersWorkspaceId}/job-runs/${ourRunId}/logs`,
      `/telemetry/v1/workspaces/${ours.id}/pipeline-runs`,
    ]) {
      const refused = await callRefused(server.url, path, { key: token });
      expect([401, 403, 404]).toContain(refused.status);
    }
    const issued = await stranger.call('issue_upload_deployment', { params });
    const upload = await sendArchive(
      server,
      ours.id,
      issued.deployment_id,
      issued.upload_token,
      buildArchive({ a: '' }),
    );
    expect([401, 403, 404]).toContain(upload.status);
    expect(await ours.latestDeployment()).toMatchObject({ version: 1 });
  });
});

function cutOff(archive: Buffer): Buffer {
  return archive.subarray(0, archive.length / 2);
}

/** Incompressible text. */
function noise(bytes: number): string {
  return Array.from({ length: Math.ceil(bytes / 36) }, () => randomUUID()).join('');
}

/** Resets VmHWM. */
async function resetPeakMemory(): Promise<void> {
  await writeFile(`/proc/${server.process.pid}/clear_refs`, '5');
}

/** Bytes from a line of the server's /proc/<pid>/status. */
async function readMemory(name: 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${server.process.pid}/status`, 'utf8');
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return Number(kilobytes) * 1024;
}

async function createKey(): Promise<string> {
  return (await runAdmin(server, ['create-key', '--email', ownerEmail, '--days', '1'])).trim();
}

/** Sets the key's expiry into the past, because the test cannot wait for a day. */
async function expireNewestKey(): Promise<void> {
  const socketFolder = join(server.dataDir, 'postgres', 'data');
  const url = `postgresql://pumphouse@localhost/pumphouse?host=${encodeURIComponent(socketFolder)}&port=${postgresPort}`;
  await runStatement(
    url,
    `update api_keys set expires_at = now() - interval '1 s'
      where id = (select id from api_keys order by created_at desc limit 1)`,
  );
}
