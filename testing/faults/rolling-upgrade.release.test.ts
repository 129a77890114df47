import type { TestServer } from '../fixtures/server.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, joinLines } from '../fixtures/api-workspace.ts';
import { createScheduleSite, type ScheduleSite } from './schedule-site.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { preparePreviousRelease } from '../fixtures/previous-release.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { join } from 'node:path';

/*
 * An upgrade of several servers one by one: the previous release runs beside this one, on the database that
 * this one has migrated. Jobs tick every two seconds meanwhile, and a run writes a line every 50 ms.
 */

const thisRelease = join(repositoryFolder, 'bin', 'pumphouse');
const lineCount = 1200;

let site: ScheduleSite;

beforeAll(async () => {
  site = await createScheduleSite({}, { command: await preparePreviousRelease() });
});
afterEach(({ task }) => site.endServers({ showLogs: task.result?.state === 'fail' }));
afterAll(() => site.remove());

/** Starts a run that writes numbered lines for a minute. */
async function startLongRun(server: TestServer, name: string) {
  const workspaceId = await createWorkspace(server, name);
  const program = `import time\n\nfor number in range(${lineCount}):\n    print("line", number, flush=True)\n    time.sleep(0.05)\n`;
  await deployWorkspace(server, workspaceId, {
    files: { 'long.py': program },
    jobs: [defineScriptJob('long')],
  });
  const runId = await triggerJob(server, workspaceId, 'jobs.long');
  await createApiWorkspace(server, workspaceId).awaitLine(runId, 'line 0');
  return { workspaceId, runId };
}

/** Waits for the end of a long run, and checks that no line is missing or there twice. */
async function expectAllLines(
  server: TestServer,
  { workspaceId, runId }: { workspaceId: string; runId: string },
) {
  const api = createApiWorkspace(server, workspaceId);
  expect(await api.awaitEnd(runId)).toMatchObject({ status: 'completed' });
  const lines = joinLines(await api.readLog(runId)).split('\n');
  const own = lines.filter((line) => line.startsWith('line '));
  expect(own).toEqual(Array.from({ length: lineCount }, (_, number) => `line ${number}`));
}

describe('an upgrade from the previous release', () => {
  it('keeps ticks, runs and logs while both releases run', async () => {
    const older = await site.start();
    const long = await startLongRun(older, 'rolling');
    const newer = await site.startBeside({ command: thisRelease });
    await site.awaitProgress();
    // The older release still works with the migrated database.
    const other = await createWorkspace(older, 'still-works');
    await deployWorkspace(older, other, {
      files: { 'hello.py': 'print("hello")\n' },
      jobs: [defineScriptJob('hello')],
    });
    const helloId = await triggerJob(older, other, 'jobs.hello');
    expect(await createApiWorkspace(newer, other).awaitEnd(helloId)).toMatchObject({ status: 'completed' });
    expect(joinLines(await createApiWorkspace(older, other).readLog(helloId))).toContain('hello');
    await older.end('SIGTERM');
    await site.awaitProgress();
    await expectAllLines(newer, long);
    expect(await site.findProblems(newer)).toEqual([]);
  });

  it('keeps them when the only server is replaced', async () => {
    const older = await site.start();
    const long = await startLongRun(older, 'replaced');
    await older.end('SIGTERM');
    const newer = await site.start({ command: thisRelease });
    await site.awaitProgress();
    await expectAllLines(newer, long);
    expect(await site.findProblems(newer)).toEqual([]);
  });
});
