import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestServer } from '../fixtures/server.ts';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import { createTestDatabase, type TestDatabase } from '../fixtures/postgres.ts';
import { createPersistence } from '@pumphouse/server/store/store.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { runAdmin, startTestServer } from '../fixtures/server.ts';
import { startS3Store, type S3Store } from '../fixtures/s3-store.ts';
import { writeFileSync } from 'node:fs';

const lineCount = 30_000;

/** Writes about 4 MB in two halves; between them it waits until the test lets it go on. */
const talkative = `
import os, time

for number in range(${lineCount}):
    if number == ${lineCount / 2}:
        print("half", flush=True)
        while not os.path.exists(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/go"):
            time.sleep(0.02)
    print(f"line {number} {'x' * 60}")
print("done")
`;

/** Writes a line every few milliseconds until the test ends it. */
const ticking = `
import os, time

number = 0
while not os.path.exists(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/stop"):
    print(f"tick {number} {'y' * 2000}", flush=True)
    number += 1
    time.sleep(0.005)
print(f"ticked {number}")
`;

let folder: string;
let s3: S3Store;
let database: TestDatabase;
let first: TestServer;
let second: TestServer;
let workspace: ApiWorkspace;
let workspaceId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-s3-e2e-'));
  [s3, database] = await Promise.all([startS3Store(), createTestDatabase()]);
  const shared = {
    ...s3.variables('installation-one'),
    PUMPHOUSE_DATABASE_URL: database.url,
    PUMPHOUSE_SECRET_KEY: 'the same for each server of this installation',
  };
  first = await startTestServer({ ...shared, PUMPHOUSE_DATA_DIR: join(folder, 'first') });
  second = await first.startBeside({ PUMPHOUSE_DATA_DIR: join(folder, 'second'), PUMPHOUSE_ROLES: 'api' });
  workspaceId = await createWorkspace(first, 's3');
  workspace = createApiWorkspace(first, workspaceId);
  await deploy('one');
});
afterAll(async () => {
  for (const server of [second, first]) await server.end('SIGTERM');
  await database.drop();
  await s3.remove();
  // The program of the package store outlives its server by what it is writing.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

const deploy = (version: string) =>
  deployWorkspace(first, workspaceId, {
    files: { 'talkative.py': `${talkative}print("version ${version}")\n`, 'ticking.py': ticking },
    jobs: [defineScriptJob('talkative'), defineScriptJob('ticking')],
  });

const local = (name: string) =>
  join(createRunsLocation(join(folder, 'first')).locateLocalData(workspaceId, 'prod'), name);

async function readReasons({ url }: TestServer): Promise<string[]> {
  const body = (await (await fetch(`${url}/readyz`)).json()) as { reasons: string[] };
  return body.reasons;
}

/** What the log of an active run has, whether S3 answers or not. */
async function countStoredLines(jobRunId: string): Promise<number> {
  const attempts = await createPersistence(database.database).store.attempts.listOfRun(jobRunId);
  return attempts.reduce((sum, { logLines }) => sum + logLines, 0);
}

const awaitCompressed = (jobRunId: string) =>
  eventually('the log is compressed', async () => {
    const attempts = await createPersistence(database.database).store.attempts.listOfRun(jobRunId);
    return attempts.every(({ logSealed }) => logSealed);
  });

/** A search ends early on a busy machine, and is continued. */
async function countMatches(jobRunId: string, q: string): Promise<number> {
  const params = { workspace_id: workspaceId, job_run_id: jobRunId };
  let [count, afterLine] = [0, -1];
  for (;;) {
    const found = await second.client.call('search_log', { params, query: { q, after_line: afterLine } });
    count += found.match_count;
    if (found.reached_end) return count;
    afterLine = found.searched_to_line;
  }
}

const tickOf = (content: string) => /^tick (\d+) /.exec(content)?.[1];

describe('two servers with their blobs in S3', () => {
  let jobRunId: string;

  it('stream the log of a run that either of them drives', async () => {
    jobRunId = await triggerJob(first, workspaceId, 'jobs.talkative');
    const elsewhere = createApiWorkspace(second, workspaceId);
    const half = await elsewhere.awaitLine(jobRunId, 'half');
    expect(half.filter(({ content }) => content.startsWith('line '))).toHaveLength(lineCount / 2);
    const streamed = elsewhere.readLog(jobRunId);
    writeFileSync(local('go'), '');
    const lines = (await streamed).map(({ content }) => content);
    expect((await workspace.awaitEnd(jobRunId)).status).toBe('completed');
    const numbers = lines.flatMap((content) => /^line (\d+) /.exec(content)?.[1] ?? []);
    expect(numbers).toEqual(Array.from({ length: lineCount }, (_, number) => String(number)));
    expect(joinLines(await workspace.readLog(jobRunId))).toBe(lines.join('\n'));
    await expect(readdir(join(folder, 'first', 'blobs'))).rejects.toThrow('ENOENT');
  });

  it('search and download it once it is compressed', async () => {
    await awaitCompressed(jobRunId);
    expect(await countMatches(jobRunId, 'line 2999')).toBe(11);
    const downloaded = await fetch(
      `${second.url}/pumphouse/v1/workspaces/${workspaceId}/job-runs/${jobRunId}/log/text`,
      { headers: { authorization: `Bearer ${second.key}` } },
    );
    expect((await downloaded.text()).match(/^line \d+ /gm)).toHaveLength(lineCount);
  });

  it('roll back to code from S3', async () => {
    await deploy('two');
    const params = { workspace_id: workspaceId };
    const { items } = await first.client.call('list_deployments', { params, query: {} });
    const [oldest] = items.toSorted((one, other) => one.created_at.localeCompare(other.created_at));
    await second.client.call('roll_back_deployment', {
      params: { ...params, deployment_id: oldest?.id ?? '' },
    });
    const again = await triggerJob(first, workspaceId, 'jobs.talkative');
    expect((await workspace.awaitEnd(again)).status).toBe('completed');
    expect(joinLines(await workspace.readLog(again))).toContain('version one');
  });

  it('lose no line of a run while S3 is killed twice, and say why they are not ready', async () => {
    jobRunId = await triggerJob(first, workspaceId, 'jobs.ticking');
    const elsewhere = createApiWorkspace(second, workspaceId);
    await elsewhere.awaitLine(jobRunId, 'tick 300 ');
    const streamed = elsewhere.readLog(jobRunId);
    for (let round = 1; round <= 2; round += 1) {
      await s3.kill();
      for (const server of [first, second])
        await expect
          .poll(() => readReasons(server))
          .toEqual([expect.stringMatching(/^blobs: s3:\/\/pumphouse/)]);
      const before = await countStoredLines(jobRunId);
      await eventually(
        'lines are stored without S3',
        async () => (await countStoredLines(jobRunId)) > before + 1000,
      );
      await s3.restart();
      for (const server of [first, second]) await expect.poll(() => readReasons(server)).toEqual([]);
    }
    writeFileSync(local('stop'), '');
    expect((await workspace.awaitEnd(jobRunId)).status).toBe('completed');
    await awaitCompressed(jobRunId);
    const lines = (await streamed).map(({ content }) => content);
    expect(joinLines(await workspace.readLog(jobRunId))).toBe(lines.join('\n'));
    const ticks = lines.flatMap((content) => tickOf(content) ?? []);
    expect(ticks.length).toBeGreaterThan(2000);
    expect(ticks).toEqual(Array.from({ length: ticks.length }, (_, number) => String(number)));
    expect(lines).toContain(`ticked ${ticks.length}`);
  });

  it('end a run whose end comes while S3 is away, and compress its log later', async () => {
    await rm(local('stop'));
    jobRunId = await triggerJob(first, workspaceId, 'jobs.ticking');
    await workspace.awaitLine(jobRunId, 'tick 10 ');
    await s3.kill();
    writeFileSync(local('stop'), '');
    expect((await workspace.awaitEnd(jobRunId)).status).toBe('completed');
    await s3.restart();
    await awaitCompressed(jobRunId);
    const lines = await createApiWorkspace(second, workspaceId).readLog(jobRunId);
    const ticks = lines.flatMap(({ content }) => tickOf(content) ?? []);
    expect(joinLines(lines)).toContain(`ticked ${ticks.length}`);
  });

  it('remove from S3 what retention removes', async () => {
    expect(await runAdmin(admin(), ['purge', '--kind', 'logs', '--older-than', '0d'])).toMatch(/\nlogs +2 /);
    const [oldest] = await workspace.listRuns('jobs.talkative');
    expect(joinLines(await workspace.readLog(oldest?.id ?? ''))).toContain('The log was removed on');
  });

  it('refuse the blobs of another installation', async () => {
    const other = startTestServer(s3.variables('installation-one'));
    await expect(other).rejects.toThrow(/holds the blobs of installation .* Choose another prefix/);
  });
});

/** The settings of a server for its `admin` commands. */
const admin = () => ({
  dataDir: join(folder, 'first'),
  variables: {
    ...s3.variables('installation-one'),
    PUMPHOUSE_DATABASE_URL: database.url,
    PUMPHOUSE_SECRET_KEY: 'the same for each server of this installation',
  },
});
