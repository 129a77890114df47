import type { TestServer } from '../fixtures/server.ts';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopAbandonedPostgres } from '@pumphouse/server/store/postgres/embedded/embedded.ts';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createWorkspace, triggerJob } from '../fixtures/deploy-workspace.ts';
import { createRunsLocation } from '../fixtures/runs-location.ts';
import { startTestServer } from '../fixtures/server.ts';
import { silentLog } from '../fixtures/test-postgres.ts';
import { deployFaultWorkspace } from './fault-workspace.ts';
import { createRunDetails } from './run-details.ts';
import { createSiteDisk } from './site-disk.ts';
import { createSiteOrphans } from './site-orphans.ts';
import { createSiteServers, siteVariables } from './site-servers.ts';

/** One data folder with a deployed workspace, on which servers are killed, stopped and restarted. */
export type FaultSite = Awaited<ReturnType<typeof createFaultSite>>;

/** Starts a first server, deploys, and runs everything once so that the environment is built. */
export async function createFaultSite() {
  const first = await startTestServer(siteVariables);
  const workspaceId = await createWorkspace(first, 'faults');
  await deployFaultWorkspace(first, workspaceId);
  const runs = createRunsLocation(first.dataDir);
  const localData = runs.locateLocalData(workspaceId, 'prod');
  const { describeRun } = createRunDetails(workspaceId, localData);
  await warmUp(first, async () => describeRun(first, await triggerJob(first, workspaceId, 'jobs.load')));
  const disk = createSiteDisk(first.dataDir, runs);
  // Otherwise a test would find resources of earlier runs.
  await disk.awaitTidiness();
  await first.end('SIGTERM');
  const pauseFolder = await mkdtemp(join(tmpdir(), 'pumphouse-pause-'));
  const servers = createSiteServers(first, join(pauseFolder, 'reached'));
  const holdFile = join(localData, 'hold');
  let environments = 0;

  return {
    ...disk,
    ...createSiteOrphans(first.dataDir, runs),
    dataDir: first.dataDir,
    ...servers,
    describeRun,
    of: (server: TestServer) => createApiWorkspace(server, workspaceId),
    trigger: (server: TestServer, jobRef = 'jobs.load') => triggerJob(server, workspaceId, jobRef),

    /**
     * Deploys so that the next run needs a new environment: differently written requirements for the same
     * packages.
     */
    async needNewEnvironment(server: TestServer): Promise<void> {
      environments += 1;
      await deployFaultWorkspace(server, workspaceId, [`pyyaml>=5.${environments}`]);
    },

    /** From now on user code waits after `lastLineBeforeHold`. */
    hold: () => writeFileSync(holdFile, ''),
    release: () => rmSync(holdFile, { force: true }),

    /** Ends everything that a test left running, so that the next one finds a quiet site. */
    async endServers({ showLogs = false } = {}): Promise<void> {
      if (showLogs) process.stderr.write(`${servers.readLogs().join('\n')}\n`);
      rmSync(holdFile, { force: true });
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

/** The first run builds the environment, and no later log shows its result. */
async function warmUp(server: TestServer, run: () => Promise<{ status: string }>): Promise<void> {
  try {
    const found = await run();
    if (found.status !== 'completed') throw new Error(`It was not whole: ${JSON.stringify(found)}`);
  } catch (error) {
    const log = server.log().slice(-10_000);
    await server.remove();
    throw new Error(`The first run of the site failed. The log of its server ends:\n${log}`, {
      cause: error,
    });
  }
}
