import type { TestServer } from '../fixtures/server.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAbandonedPostgres } from '@pumphouse/server/store/postgres/embedded/embedded.ts';
import { createWorkspace } from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import { startTestServer } from '../fixtures/server.ts';
import { silentLog } from '../fixtures/test-postgres.ts';
import { listStoredRuns, switchClocks } from './schedule-runs.ts';
import { chains, clockJobs, deployScheduleWorkspace, quickJobs } from './schedule-workspace.ts';
import { findScheduleProblems } from './schedule-details.ts';
import { createSiteDisk } from './site-disk.ts';
import { createSiteServers, siteVariables } from './site-servers.ts';

/**
 * One data folder with jobs that tick every few seconds, on which servers are killed, stopped and restarted.
 */
export type ScheduleSite = Awaited<ReturnType<typeof createScheduleSite>>;

/**
 * @param variables of its servers, in addition to a short lease
 * @param options.command `bin/pumphouse` of another release, which starts where no other is named
 */
export async function createScheduleSite(
  variables: Record<string, string> = {},
  options: { command?: string } = {},
) {
  const first = await startTestServer({ ...siteVariables, ...variables }, options);
  const workspaceId = await createWorkspace(first, 'ticks');
  const runs = createRunsLocation(first.dataDir);
  const disk = createSiteDisk(first.dataDir, runs);
  const startsFile = join(runs.locateLocalData(workspaceId, 'prod'), 'starts');
  const pauseFolder = await mkdtemp(join(tmpdir(), 'pumphouse-pause-'));
  const servers = createSiteServers(first, join(pauseFolder, 'reached'));

  const listRuns = () => listStoredRuns(disk, workspaceId);

  /** The database's clock, as soon as it responds. */
  const readClock = () =>
    eventually('Postgres tells the time', async () => {
      const [row] = await disk.query<{ now: Date }>('select clock_timestamp() as now', []);
      return row?.now;
    });

  /** Waits until each of the quick jobs has completed a run for a moment after now. */
  async function awaitProgress(): Promise<void> {
    const since = await readClock();
    await eventually('each of the quick jobs completes a run again', async () => {
      const completed = (await listRuns()).filter((run) => run.status === 'completed');
      const isDone = (jobRef: string) =>
        completed.some((run) => run.jobRef === jobRef && run.intervalEnd && run.intervalEnd > since);
      return quickJobs.every(isDone);
    });
  }

  await deployScheduleWorkspace(first, workspaceId);
  try {
    await awaitProgress();
  } catch (error) {
    const log = first.log().slice(-10_000);
    await first.remove();
    throw new Error(`The first ticks led to nothing. The log of the server ends:\n${log}`, { cause: error });
  }
  await first.end('SIGTERM');

  return {
    ...servers,
    dataDir: first.dataDir,
    killPostgres: () => disk.killPostgres(),
    awaitProgress,
    listRuns,
    readClock,

    /** Lets all started runs end, and describes what is wrong. The clock continues afterwards. */
    async findProblems(server: TestServer): Promise<string[]> {
      await switchClocks(server, workspaceId, 'pause_job');
      const ended = await eventually('nothing runs any more', async () => {
        const all = await listRuns();
        return all.every((run) => isTerminalRunState(run.status)) && all;
      });
      const starts = existsSync(startsFile) ? readFileSync(startsFile, 'utf8').split('\n') : [];
      await switchClocks(server, workspaceId, 'resume_job');
      return findScheduleProblems({ runs: ended, starts: starts.filter(Boolean), clockJobs, chains });
    },

    /** Ends everything that a test left running, so that the next one finds a quiet site. */
    async endServers({ showLogs = false } = {}): Promise<void> {
      if (showLogs) process.stderr.write(`${servers.readLogs().join('\n')}\n`);
      await servers.endServers();
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
