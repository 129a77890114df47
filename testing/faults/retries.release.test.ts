import type { TestServer } from '../fixtures/server.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startTestServer } from '../fixtures/server.ts';

/** Fails twice and then succeeds. It counts in the local data, which attempts share. */
const flakyScript = `
import os, sys

count = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/tries"
tries = 1 + (int(open(count).read()) if os.path.exists(count) else 0)
with open(count, "w") as file:
    file.write(str(tries))
print("try", tries, flush=True)
if tries % 3:
    sys.exit(tries)
`;

let server: TestServer;
let workspaceId: string;

beforeAll(async () => {
  server = await startTestServer({ PUMPHOUSE_LEASE_SECONDS: '2' });
  workspaceId = await createWorkspace(server, 'retries');
  await deployWorkspace(server, workspaceId, {
    files: { 'flaky.py': flakyScript, 'follow.py': 'print("followed")\n' },
    jobs: [
      defineScriptJob('flaky'),
      defineScriptJob('follow', ['job.success:jobs.flaky', 'job.fail:jobs.flaky']),
    ],
    configuration: { 'config.toml': '[pumphouse.jobs.flaky]\nretries = { count = 2, backoff = "1s" }\n' },
  });
});
afterAll(() => server.remove());

const workspace = () => createApiWorkspace(server, workspaceId);
const readTimeline = (jobRunId: string) =>
  server.client.call('get_job_run_life', { params: { workspace_id: workspaceId, job_run_id: jobRunId } });

/** Lines from the environment's setup do not matter, but are counted. */
function describeLines(lines: readonly { line_num: number; source: string; content: string }[]) {
  return {
    hasGaps: lines.some(({ line_num }, index) => line_num !== index),
    lines: lines
      .filter(({ source, content }) => source !== 'setup' || content.startsWith('Pumphouse: '))
      .map(({ content }) => content.replace(/ starts at .*/, '')),
  };
}

const expectedLog = (tries: readonly [number, number, number]) => ({
  hasGaps: false,
  lines: tries.flatMap((number, index) => [
    `try ${number}`,
    ...(index === 2
      ? []
      : [
          `Pumphouse: Attempt ${index + 1} failed (exit_code): The run ended with exit code ${number}. Retry ${index + 1} of 2`,
        ]),
  ]),
});

it('fails twice and succeeds: one run, one stream, three attempts in order, and one downstream run', async () => {
  const jobRunId = await triggerJob(server, workspaceId, 'jobs.flaky');
  // Followed from the start, so it must stay open between attempts.
  const streamed = describeLines(await workspace().readLog(jobRunId));
  expect((await workspace().getRun(jobRunId)).status).toBe('completed');
  expect(streamed).toEqual(expectedLog([1, 2, 3]));
  const stored = await Array.fromAsync(server.client.readLog({ workspaceId, jobRunId }));
  expect(describeLines(stored)).toEqual(streamed);
  const { attempts } = await readTimeline(jobRunId);
  expect(attempts.map(({ number, exit, failure }) => [number, exit?.code, failure?.code])).toEqual([
    [1, 1, 'exit_code'],
    [2, 2, 'exit_code'],
    [3, 0, undefined],
  ]);
  expect(attempts.every(({ exit }) => (exit?.peak_memory_bytes ?? 0) > 0)).toBe(true);
  const followers = await eventually('the follower has ended', async () => {
    const runs = await workspace().listRuns('jobs.follow');
    return runs.every(({ finished_at }) => finished_at !== null) && runs.length > 0 && runs;
  });
  expect(followers).toMatchObject([{ trigger: 'job.success:jobs.flaky', status: 'completed' }]);
});

it('is retried exactly as often after kill -9 of the server at the moment an attempt has failed', async () => {
  const jobRunId = await triggerJob(server, workspaceId, 'jobs.flaky');
  await workspace().awaitLine(jobRunId, 'Attempt 1 failed');
  await server.end('SIGKILL');
  server = await server.restart();
  expect((await workspace().awaitEnd(jobRunId)).status).toBe('completed');
  const stored = await Array.fromAsync(server.client.readLog({ workspaceId, jobRunId }));
  expect(describeLines(stored)).toEqual(expectedLog([4, 5, 6]));
  expect((await readTimeline(jobRunId)).attempts).toHaveLength(3);
});
