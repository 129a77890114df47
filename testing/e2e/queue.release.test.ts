import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { runAdmin, startTestServer, type TestServer } from '../fixtures/server.ts';

let server: TestServer;
let workspace: ApiWorkspace;

beforeAll(async () => {
  server = await startTestServer();
  workspace = createApiWorkspace(server, await createWorkspace(server, 'queue'));
  await deployWorkspace(server, workspace.id, {
    files: {
      'hold.py': 'import time\nprint("holding", flush=True)\nwhile True:\n    time.sleep(1)\n',
      'short.py': 'print("done")\n',
    },
    jobs: [
      { ...defineScriptJob('hold'), execute: { concurrency: 1, timeout: { grace_period: 1 } } },
      defineScriptJob('short'),
    ],
    configuration: { 'config.toml': '[pumphouse]\non_limit = "queue"\n' },
  });
});
afterAll(() => server.remove());

const start = (jobRef: string) => triggerJob(server, workspace.id, jobRef);
const cancel = (jobRunId: string) =>
  server.client.call('cancel_job_run', { params: { workspace_id: workspace.id, job_run_id: jobRunId } });
const setLimit = (limit: string) =>
  runAdmin(server, ['set-limits', '--organization', 'Default', '--concurrent-runs', limit]);

describe('a run that waits for capacity', () => {
  it('starts when the run before it ends, and when the limit of the organization is raised', async () => {
    const first = await start('jobs.hold');
    await workspace.awaitLine(first, 'holding');
    const second = await start('jobs.hold');
    await workspace.awaitLine(second, 'Waiting: 1 of 1 allowed runs of this job are active.');
    expect((await workspace.getRun(second)).status).toBe('pending');
    await cancel(first);
    await workspace.awaitLine(second, 'holding');

    await setLimit('1');
    const third = await start('jobs.short');
    await workspace.awaitLine(third, 'Waiting: 1 of 1 allowed runs of the organization are active.');
    await setLimit('2');
    expect((await workspace.awaitEnd(third)).status).toBe('completed');
    await cancel(second);
    await workspace.awaitEnd(second);

    const params = { workspace_id: workspace.id };
    const { total, month } = await server.client.call('get_workspace_usage', { params, query: {} });
    expect(total).toMatchObject({ completed_run_count: 1, failed_run_count: 0, cancelled_run_count: 2 });
    expect(month).toMatchObject({ active_run_count: 0, concurrent_runs: 2, minutes_a_month: null });
  });

  it('is not affected by an invalid limit, which is rejected', async () => {
    await expect(setLimit('many')).rejects.toThrow(
      /--concurrent-runs must be a whole number or none, not "many"/,
    );
    await expect(runAdmin(server, ['set-limits', '--organization', 'Default'])).rejects.toThrow(
      /Set --concurrent-runs, --minutes-a-month or both/,
    );
    await expect(
      runAdmin(server, ['set-limits', '--organization', 'Nobody', '--concurrent-runs', '1']),
    ).rejects.toThrow(/no organization with the name or id "Nobody"/);
  });
});
