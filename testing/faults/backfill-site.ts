import type { TestServer } from '../fixtures/server.ts';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAbandonedPostgres } from '@pumphouse/server/store/postgres/embedded/embedded.ts';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createWorkspace } from '../fixtures/deploy-workspace.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import { startTestServer } from '../fixtures/server.ts';
import { silentLog } from '../fixtures/test-postgres.ts';
import { createSiteDisk } from './site-disk.ts';
import { createSiteServers, siteVariables } from './site-servers.ts';
import { deployHistoryWorkspace } from './schedule-workspace.ts';

/** What is stored of the windows of a backfill and their runs. */
interface StoredWindow {
  number: number;
  status: string;
  runs: number;
  jobRunId: string | null;
}

const hourMs = 3_600_000;

/** One data folder with a job that has an hourly schedule, on which servers are killed during a backfill. */
export async function createBackfillSite() {
  const first = await startTestServer({ ...siteVariables, PUMPHOUSE_MAX_ACTIVE_RUNS: '8' });
  const workspaceId = await createWorkspace(first, 'history');
  const runs = createRunsLocation(first.dataDir);
  const disk = createSiteDisk(first.dataDir, runs);
  const startsFile = join(runs.locateLocalData(workspaceId, 'prod'), 'starts');
  const pauseFolder = await mkdtemp(join(tmpdir(), 'pumphouse-pause-'));
  const servers = createSiteServers(first, join(pauseFolder, 'reached'));
  await deployHistoryWorkspace(first, workspaceId);
  const job = await createApiWorkspace(first, workspaceId).findJob('jobs.history');
  const params = { workspace_id: workspaceId, job_id: job.id };
  await first.end('SIGTERM');

  /** Reads how many windows are in each state; null while Postgres does not respond. */
  async function countStates(backfillId: string): Promise<Record<string, number> | null> {
    const text =
      'select status, count(*)::int as count from backfill_windows where backfill_id = $1 group by status';
    const rows = await disk.query<{ status: string; count: number }>(text, [backfillId]).catch(() => null);
    return rows && Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  }

  return {
    ...servers,
    killPostgres: () => disk.killPostgres(),
    countStates,

    /** Creates a backfill of the last hours. */
    async createBackfill(server: TestServer, windows: number, parallel: number): Promise<string> {
      const end = Math.floor(Date.now() / hourMs) * hourMs;
      const { id } = await server.client.call('create_backfill', {
        params,
        body: {
          start: new Date(end - windows * hourMs).toISOString(),
          end: new Date(end).toISOString(),
          parallel,
        },
      });
      return id;
    },

    ofBackfill: (backfillId: string) => ({
      params: { workspace_id: workspaceId, backfill_id: backfillId },
    }),

    /**
     * Describes what is wrong with the windows of a backfill of the last hours: each hour is one window, in
     * order.
     */
    async findPlanProblems(backfillId: string, windows: number): Promise<string[]> {
      const [backfill] = await disk.query<{ start: Date; portions: number }>(
        `select starts_at as start, (select count(*) from backfill_portions where backfill_id = id)::int as portions
           from backfills where id = $1`,
        [backfillId],
      );
      const inserted = await disk.query<{ number: number; start: Date }>(
        'select number, starts_at as start from backfill_windows where backfill_id = $1 order by number',
        [backfillId],
      );
      const startMs = backfill?.start.getTime() ?? 0;
      const wrong = inserted.filter(
        ({ number, start }, index) => number !== index + 1 || start.getTime() !== startMs + index * hourMs,
      );
      return [
        ...(inserted.length === windows ? [] : [`${inserted.length} windows instead of ${windows}`]),
        ...(backfill?.portions === 0 ? [] : [`${backfill?.portions} portions are left`]),
        ...wrong.map(({ number, start }) => `window ${number} begins at ${start.toISOString()}`),
      ];
    },

    /** Describes what is wrong with an ended backfill: each window has one completed run, whose code started once. */
    async findProblems(backfillId: string): Promise<string[]> {
      const windows = await disk.query<StoredWindow>(
        `select backfill_windows.number, backfill_windows.status, backfill_windows.job_run_id as "jobRunId",
                (select count(*) from job_runs where backfill_id = $1 and backfill_window = backfill_windows.number)::int as runs
           from backfill_windows where backfill_id = $1 order by number`,
        [backfillId],
      );
      const lines = existsSync(startsFile) ? readFileSync(startsFile, 'utf8').split('\n') : [];
      const starts = Map.groupBy(lines.filter(Boolean), (line) => line);
      return windows.flatMap(({ number, status, runs: count, jobRunId }) => {
        const started = starts.get(jobRunId ?? '')?.length ?? 0;
        const isRight = status === 'completed' && count === 1 && started === 1;
        return isRight ? [] : [`window ${number} is ${status}, with ${count} runs and ${started} starts`];
      });
    },

    /** Discards what runs have completed, as if no backfill had run. */
    async forget(): Promise<void> {
      await disk.query(`update job_coverage set completed = '{}', failed = '{}'`, []);
      await disk.query('update jobs set completed_interval_end = null', []);
    },

    async remove(): Promise<void> {
      await servers.endServers();
      for (const attemptId of await disk.listBootstraps()) await disk.killBootstrap(attemptId);
      await stopAbandonedPostgres(first.dataDir, silentLog);
      // The program of the package store outlives its server by what it is writing.
      await rm(first.dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
      await rm(pauseFolder, { recursive: true, force: true });
    },
  };
}
