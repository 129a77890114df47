import type { Row } from './report.ts';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createWorkspace, defineScriptJob, deployWorkspace } from '../fixtures/deploy-workspace.ts';
import { startTestServer } from '../fixtures/server.ts';
import { summarize } from './samples.ts';

const minuteMs = 60_000;

/** Creating, listing and reading backfills of one size, on a server that starts no windows. */
export async function measureBackfills(windows: number, rounds: number): Promise<Row[]> {
  const server = await startTestServer({ PUMPHOUSE_ROLES: 'api' });
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
      const { id } = await time('create', () => server.client.call('create_backfill', { params, body }));
      const of = { params: { workspace_id: workspaceId, backfill_id: id } };
      await time('list', () =>
        server.client.call('list_backfills', { params: { workspace_id: workspaceId }, query: {} }),
      );
      await time('page of windows', () => server.client.call('list_backfill_windows', { ...of, query: {} }));
      await time('cancel', () => server.client.call('cancel_backfill', { ...of, body: {} }));
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
