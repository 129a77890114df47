import type { Row } from './report.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createWorkspace, defineScriptJob, deployWorkspace } from '../fixtures/deploy-workspace.ts';
import { startTestServer } from '../fixtures/server.ts';
import { summarize } from './samples.ts';

const minuteMs = 60_000;
/** Before any window of the backfills. */
const longAgo = { start: '2020-01-01T00:00:00Z', end: '2020-01-01T00:01:00Z', reason: 'measured' };

/** Creating, listing and reading backfills of one size, on a server without a supervisor. */
export async function measureBackfills(windows: number, rounds: number): Promise<Row[]> {
  const server = await startTestServer({ PUMPHOUSE_ROLES: 'api,scheduler' });
  try {
    const workspaceId = await createWorkspace(server, 'history');
    await deployWorkspace(server, workspaceId, {
      files: { 'load.py': '' },
      jobs: [defineScriptJob('load', ['schedule:* * * * *'])],
    });
    const job = await createApiWorkspace(server, workspaceId).findJob('jobs.load');
    const params = { workspace_id: workspaceId, job_id: job.id };
    const end = Math.floor(Date.now() / minuteMs) * minuteMs;
    const body = {
      start: new Date(end - windows * minuteMs).toISOString(),
      end: new Date(end).toISOString(),
    };
    const times: Record<string, number[]> = {
      preview: [],
      create: [],
      'until all windows are there': [],
      'longest wait for the lock of the job': [],
      list: [],
      'page of windows': [],
      cancel: [],
    };
    const time = async <Answer>(name: string, call: () => Promise<Answer>): Promise<Answer> => {
      const startedAt = performance.now();
      const answer = await call();
      times[name]?.push(performance.now() - startedAt);
      return answer;
    };
    for (let round = 0; round < rounds; round += 1) {
      await time('preview', () => server.client.call('preview_backfill', { params, body }));
      const lock = watchLock(() => server.client.call('invalidate_job_windows', { params, body: longAgo }));
      const { id } = await time('create', () => server.client.call('create_backfill', { params, body }));
      const of = { params: { workspace_id: workspaceId, backfill_id: id } };
      await time('until all windows are there', async () => {
        while ((await server.client.call('get_backfill', of)).status === 'preparing') await delay(20);
      });
      await time('list', () =>
        server.client.call('list_backfills', { params: { workspace_id: workspaceId }, query: {} }),
      );
      await time('page of windows', () => server.client.call('list_backfill_windows', { ...of, query: {} }));
      await time('cancel', () =>
        server.client.call('cancel_backfill', { ...of, body: { cancel_running: true } }),
      );
      while ((await server.client.call('get_backfill', of)).ended_at === null) await delay(20);
      times['longest wait for the lock of the job']?.push(await lock.stop());
    }
    const count = windows.toLocaleString('en');
    return Object.entries(times).map(([name, samples]) => ({
      name: `${name}, ${count} windows`,
      unit: 'ms' as const,
      figure: summarize(samples),
      baseline: null,
      goal: null,
    }));
  } finally {
    await server.remove();
  }
}

/** Repeats a call that takes the lock of a job. `stop` returns the longest one in milliseconds. */
function watchLock(call: () => Promise<unknown>): { stop: () => Promise<number> } {
  const stopping = new AbortController();
  let longest = 0;
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      await call();
      longest = Math.max(longest, performance.now() - startedAt);
      await delay(5);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
      return longest;
    },
  };
}
