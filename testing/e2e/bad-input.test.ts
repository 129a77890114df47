import type { ArchiveOptions } from '../fixtures/workspace-archive.ts';
import type { ArchiveContent } from '../fixtures/workspace-archive.ts';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresPort } from '@pumphouse/server/store/postgres/cluster.ts';
import { createClient } from '@pumphouse/client';
import { createApiWorkspace, joinLines, listProcessesWithVariable } from '../fixtures/api-workspace.ts';
import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { callRefused, readRefusal, type RefusedCall } from '../fixtures/raw-call.ts';
import { ownerEmail, runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';
import { runStatement } from '../fixtures/test-postgres.ts';
import { buildArchive, writeManifest, writePlainEntry, writeTar } from '../fixtures/workspace-archive.ts';

const megabyte = 1024 * 1024;
const largestUnpackedMegabytes = 256;

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    PUMPHOUSE_MAX_UNPACKED_MB: String(largestUnpackedMegabytes),
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

describe('an archive that is refused', () => {
  let workspaceId: string;

  beforeAll(async () => {
    workspaceId = await createWorkspace(server, 'refused-archives');
  });

  const safe = { 'main.py': 'print("safe")\n' };
  const cases: [string, string, () => Buffer][] = [
    ['with ..', 'archive_unsafe', () => build({ ...safe, '../out.py': 'x' })],
    ['with a name from the root', 'archive_unsafe', () => build(safe, { entries: [{ name: '/etc/passwd' }] })],
    ['with a link out', 'archive_unsafe', () => build({ ...safe, out: { link: '../../etc/passwd' } })],
    [
      'with a hard link',
      'archive_unsafe',
      () => build(safe, { entries: [{ name: 'files/hard', type: '1', linkname: 'files/main.py' }] }),
    ],
    [
      'with a wrong hash',
      'hash_mismatch',
      () =>
        build(safe, { changeManifest: (manifest) => manifest.replace(/sha3_256: \S{4}/, 'sha3_256: AAAA') }),
    ],
    ['that is cut off', 'archive_truncated', () => cutOff(build({ 'main.py': noise(100_000) }))],
    ['that is no archive', 'archive_invalid', () => Buffer.from('PK\u0003\u0004 and no gzip')],
    ['without a manifest', 'archive_invalid', () => build(safe, { manifest: null })],
  ];

  it.each(cases)('%s: %s', async (_, code, buildBad) => {
    const refused = await uploadArchive(workspaceId, buildBad());
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

  it('packed as a file of an archive are refused while they are read, in little memory', async () => {
    const archive = packZeros(600);
    await resetPeakMemory();
    const before = await readMemory('VmHWM');
    expect(await uploadArchive(workspaceId, archive)).toMatchObject({ status: 413, code: 'upload_too_large' });
    expect((await readMemory('VmHWM')) - before).toBeLessThan(80 * megabyte);
  });

  it('sent as the archive itself are refused, in little memory', async () => {
    await resetPeakMemory();
    const before = await readMemory('VmHWM');
    const refused = await streamZeros(workspaceId, 600);
    expect(refused).toMatchObject({ status: 413, code: 'upload_too_large' });
    expect((await readMemory('VmHWM')) - before).toBeLessThan(80 * megabyte);
  });
});

describe('a job definition with a word that nobody knows', () => {
  it('is refused with the place of the word, and none of the jobs beside it is deployed', async () => {
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

describe('requirements that cannot be resolved', () => {
  it('fail the run with the words of the resolver in its log', async () => {
    const { run, log } = await runScript('unresolvable', 'print("never")', ['requests==2.0.0']);
    expect(run.status).toBe('failed');
    expect(joinLines(log, 'setup')).toMatch(/No solution found[^]*requests==2\.0\.0/);
    expect(joinLines(log, 'user')).toBe('');
    expect(server.log()).not.toContain('"level":50');
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

  it('that prints bytes which are no UTF-8 has them, escaped, in its log', async () => {
    const script = `
import sys
sys.stdout.buffer.write(b"caf\\xe9 \\xff\\x00 caf\\xc3\\xa9\\n")
sys.stdout.buffer.write("line\\u2028separator\\n".encode())
`;
    const { run, log } = await runScript('no-utf8', script);
    expect(run.status).toBe('completed');
    const said = log.filter((line) => line.source === 'user').map((line) => line.content);
    expect(said).toEqual(['caf\\xe9 \\xff\u0000 café', 'line\u2028separator']);
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
    expect(run.duration_seconds).toBeLessThan(30);
    expect(joinLines(log, 'user')).toBe('the script is over');
    expect(await listProcessesWithVariable(`RUNTIME__RUN_ID=${run.id}`)).toEqual([]);
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
    'that is wrong is refused: %.40j',
    async (key) => {
      for (const path of Object.values(paths)) {
        const refused = await callRefused(server.url, path, { key });
        expect(refused).toMatchObject({ status: 401, code: 'not_authenticated' });
      }
    },
  );

  it('that is missing is refused', async () => {
    for (const path of Object.values(paths)) {
      expect(await callRefused(server.url, path)).toMatchObject({ status: 401, code: 'not_authenticated' });
    }
  });

  it('that has expired is refused', async () => {
    const key = await createKey();
    await expireNewestKey();
    for (const path of [paths.read, '/api/v1/organizations']) {
      const refused = await callRefused(server.url, path, { key });
      expect(refused).toMatchObject({ status: 401, code: 'not_authenticated' });
    }
  });

  it('that was made with a key dies with the key', async () => {
    const client = createClient({ baseUrl: server.url, credential: await createKey() });
    const params = { workspace_id: workspace.id };
    const { token } = await client.call('issue_dataplane_token_workspace', { params });
    const issued = await client.call('issue_upload_deployment', { params });
    await expireNewestKey();
    const read = await callRefused(server.url, paths.log, { key: token });
    const { upload_token: uploadToken, deployment_id: id } = issued;
    const upload = await sendArchive(workspace.id, id, uploadToken, build({ 'main.py': '' }));
    for (const refused of [read, upload])
      expect(refused).toMatchObject({ status: 401, code: 'not_authenticated' });
  });
});

describe("another's workspace", () => {
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

  it('is not there for a key that has no role in it', async () => {
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

  it('lends nothing to a workspace that the key may read', async () => {
    const own = `/api/v1/workspaces/${strangersWorkspaceId}`;
    const job = await ours.findJob('jobs.main');
    for (const path of [`/job-runs/${ourRunId}`, `/jobs/${job.id}`, `/deployments/${randomUUID()}`]) {
      const refused = await callRefused(server.url, own + path, { key: strangersKey });
      expect({ path, ...refused }).toMatchObject({ path, status: 404, code: 'not_found' });
    }
  });

  it('is closed to data plane and upload tokens of a workspace beside it', async () => {
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
    const upload = await sendArchive(ours.id, issued.deployment_id, issued.upload_token, build({ a: '' }));
    expect([401, 403, 404]).toContain(upload.status);
    expect(await ours.latestDeployment()).toMatchObject({ version: 1 });
  });
});

function build(files: Record<string, ArchiveContent>, options?: ArchiveOptions): Buffer {
  return buildArchive(files, options);
}

function cutOff(archive: Buffer): Buffer {
  return archive.subarray(0, archive.length / 2);
}

/** An archive with one file of zeros. Gzip streams may follow one another: only one megabyte has to be packed. */
function packZeros(megabytes: number): Buffer {
  const head = writePlainEntry({ name: 'files/zeros.bin', size: megabytes * megabyte });
  const zeros = gzipSync(Buffer.alloc(megabyte));
  const rest = writeTar([{ name: 'manifest.yaml', content: writeManifest({ 'zeros.bin': '' }) }]);
  return Buffer.concat([gzipSync(head), ...Array.from({ length: megabytes }, () => zeros), gzipSync(rest)]);
}

/** Text that does not become shorter when it is packed. */
function noise(bytes: number): string {
  return Array.from({ length: Math.ceil(bytes / 36) }, () => randomUUID()).join('');
}

/** Uploads an archive that has to be refused. */
async function uploadArchive(workspaceId: string, archive: Buffer): Promise<RefusedCall> {
  const issued = await server.client.call('issue_upload_deployment', { params: { workspace_id: workspaceId } });
  return sendArchive(workspaceId, issued.deployment_id, issued.upload_token, archive);
}

function sendArchive(workspaceId: string, deploymentId: string, token: string, archive: Buffer) {
  const form = new FormData();
  form.append('file', new File([new Uint8Array(archive)], 'workspace.tar.gz'));
  form.append('requirements_file', new File([requirementsOfNothing], 'requirements.json'));
  const path = `/api/v1/workspaces/${workspaceId}/deployments/${deploymentId}/-upload`;
  return callRefused(server.url, path, { key: token, method: 'POST', body: form });
}

const requirementsOfNothing = JSON.stringify({ engine_version: 2, python_version: '3.11', groups: {} });

/**
 * Sends a multipart upload of so many megabytes, none of which is in memory, and reads the answer only then: as clients do
 * that first send and then read, and that would hang on a server which stops to read.
 */
async function streamZeros(workspaceId: string, megabytes: number): Promise<RefusedCall> {
  const issued = await server.client.call('issue_upload_deployment', { params: { workspace_id: workspaceId } });
  const { hostname, port, pathname } = new URL(issued.upload_url);
  const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="workspace.tar.gz"\r\n\r\n';
  const tail = '\r\n--b--\r\n';
  const socket = connect(Number(port), hostname);
  socket.write(
    [
      `POST ${pathname} HTTP/1.1`,
      `host: ${hostname}`,
      `authorization: Bearer ${issued.upload_token}`,
      'content-type: multipart/form-data; boundary=b',
      `content-length: ${head.length + megabytes * megabyte + tail.length}`,
      '',
      head,
    ].join('\r\n'),
  );
  const zeros = Buffer.alloc(megabyte);
  for (let sent = 0; sent < megabytes; sent += 1) {
    if (!socket.write(zeros)) await once(socket, 'drain');
  }
  socket.write(tail);
  return readAnswer(socket);
}

/** The one answer that comes on a connection, which is closed then. */
async function readAnswer(socket: Socket): Promise<RefusedCall> {
  let received = '';
  for await (const chunk of socket) {
    received += String(chunk);
    const [head = '', body] = received.split('\r\n\r\n', 2);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1]);
    if (body === undefined || Buffer.byteLength(body) < length) continue;
    const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
    return readRefusal(status, /^content-type: ([^\r]*)/im.exec(head)?.[1] ?? '', body);
  }
  throw new Error(`The connection was closed after: ${received}`);
}

/** Lets VmHWM count from now. */
async function resetPeakMemory(): Promise<void> {
  await writeFile(`/proc/${server.process.pid}/clear_refs`, '5');
}

/** Bytes, of a line of the server's /proc/<pid>/status. */
async function readMemory(name: 'VmHWM' | 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${server.process.pid}/status`, 'utf8');
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return Number(kilobytes) * 1024;
}

async function createKey(): Promise<string> {
  return (await runAdmin(server, ['create-key', '--email', ownerEmail, '--days', '1'])).trim();
}

/** A day cannot be waited for: the key's row says that it has passed. */
async function expireNewestKey(): Promise<void> {
  const socketFolder = join(server.dataDir, 'postgres', 'data');
  const url = `postgresql://pumphouse@localhost/pumphouse?host=${encodeURIComponent(socketFolder)}&port=${postgresPort}`;
  await runStatement(
    url,
    `update api_keys set expires_at = now() - interval '1 s'
      where id = (select id from api_keys order by created_at desc limit 1)`,
  );
}
