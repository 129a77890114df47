import type { Database } from '@pumphouse/server/store/postgres/pool.ts';
import type { Row } from './report.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createWorkspace, defineScriptJob, deployWorkspace } from '../fixtures/deploy-workspace.ts';
import { openServerStore } from '../fixtures/server-store.ts';
import { startTestServer } from '../fixtures/server.ts';
import { summarize } from './samples.ts';

const minuteMs = 60_000;
const longestHold = 'longest hold of the lock of the job';
/** What the schedule of the job may wait for a backfill of any size. */
const maxHoldMs = 100;

/** Creating, listing and reading backfills of one size, on a server without a supervisor. */
export async function measureBackfills(windows: number, rounds: number): Promise<Row[]> {
  const server = await startTestServer({ PUMPHOUSE_ROLES: 'api,scheduler' });
  const serverStore = await openServerStore(server);
  const { database } = serverStore;
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
      [longestHold]: [],
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
      const lock = watchLock(database, job.id);
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
      times[longestHold]?.push(await lock.stop());
    }
    const count = windows.toLocaleString('en');
    return Object.entries(times).map(([name, samples]) => ({
      name: `${name}, ${count} windows`,
      unit: 'ms' as const,
      figure: summarize(samples),
      baseline: null,
      goal: name === longestHold ? { of: 'median' as const, atMost: maxHoldMs } : null,
    }));
  } finally {
    await serverStore.close();
    await server.remove();
  }
}

/**
 * Tries the lock of a job every few milliseconds, without waiting for it. `stop` returns the longest time for which
 * it was taken, by the clock of Postgres: a busy machine delays what it measures, not what it is measured with.
 */
function watchLock(sql: Pick<Database, 'one'>, jobId: string): { stop: () => Promise<number> } {
  const stopping = new AbortController();
  let longestMs = 0;
  const watching = (async () => {
    let freeAtMs: number | null = null;
    let wasTaken = false;
    while (!stopping.signal.aborted) {
      const { isFree, atMs } = await sql.one<{ isFree: boolean; atMs: number }>(
        `with free as (select id from jobs where id = $1 for key share skip locked)
         select (select count(*) > 0 from free) as "isFree", (extract(epoch from clock_timestamp()) * 1000)::float8 as "atMs"`,
        [jobId],
      );
      if (isFree) {
        // Taken at most since the last time at which it was free.
        if (freeAtMs !== null && wasTaken) longestMs = Math.max(longestMs, atMs - freeAtMs);
        freeAtMs = atMs;
      }
      wasTaken = !isFree;
      await delay(2);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
      return longestMs;
    },
  };
}
