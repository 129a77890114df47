import type { FaultPointName } from '@pumphouse/server/fault-points.ts';
import type { TestServer } from '../fixtures/server.ts';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { listProcesses, selectDescendants } from '@pumphouse/server/executors/process/process-identity.ts';
import { stopAbandonedPostgres } from '@pumphouse/server/store/postgres/embedded.ts';
import { createApiWorkspace, listProcessesWithVariable } from '../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startTestServer } from '../fixtures/server.ts';
import { silentLog } from '../fixtures/test-postgres.ts';

/** Short, so that a second server takes over within a test's patience. */
const leaseSeconds = 2;

/** What user code prints, in this order; between the two it waits for as long as the site holds it. */
export const linesBeforeHold = Array.from({ length: 20 }, (_, number) => `line ${number}`);
const linesAfterHold = Array.from({ length: 20 }, (_, number) => `line ${number + 20}`);
const allLines = [...linesBeforeHold, ...linesAfterHold];
export const lastLineBeforeHold = linesBeforeHold.at(-1) ?? '';

const loadScript = `
import os, time
import dlt

data = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}"
with open(f"{data}/starts", "a") as starts:
    starts.write(os.environ["RUNTIME__RUN_ID"] + "\\n")
for number in range(20):
    print("line", number)
while os.path.exists(f"{data}/hold"):
    time.sleep(0.02)

@dlt.destination(batch_size=100, skip_dlt_columns_and_tables=True)
def nowhere(items, table):
    pass

dlt.pipeline("numbers", destination=nowhere, dataset_name="numbers_data").run([{"n": n} for n in range(50)], table_name="numbers")
for number in range(20, 40):
    print("line", number)
`;

const followScript = `
import os

data = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}"
with open(f"{data}/starts", "a") as starts:
    starts.write(os.environ["RUNTIME__RUN_ID"] + "\\n")
print("followed")
`;

/** What must be true of a run, whatever became of the servers meanwhile. */
export const wholeRun = {
  status: 'completed',
  timesStarted: 1,
  linesOfLogs: allLines,
  linesOfStream: allLines,
  lineNumbersHaveGaps: false,
  pipelineRuns: [{ pipeline: 'numbers', status: 'succeeded', rows: 50 }],
  followers: [{ status: 'completed', timesStarted: 1, lines: ['followed'] }],
};

/** One data folder with a deployed workspace, on which servers are killed, stopped and started again. */
export type FaultSite = Awaited<ReturnType<typeof createFaultSite>>;

/** Starts a first server, deploys, and runs everything once so that the environment is built. */
export async function createFaultSite() {
  const pauseFolder = await mkdtemp(join(tmpdir(), 'pumphouse-pause-'));
  const pauseFile = join(pauseFolder, 'reached');
  const first = await startTestServer({ PUMPHOUSE_LEASE_SECONDS: String(leaseSeconds) });
  const { dataDir } = first;
  const servers = new Set<TestServer>([first]);
  const workspaceId = await createWorkspace(first, 'faults');
  const localData = join(dataDir, 'local-data', workspaceId, 'prod');
  const holdFile = join(localData, 'hold');
  await deploy(first);
  const warmUp = await trigger(first);
  await of(first).awaitEnd(warmUp, { timeoutSeconds: 120 });
  await eventually('the follower of the first run ends', () => hasWholeFollowers(first, warmUp), {
    timeoutSeconds: 60,
  });
  await first.end('SIGTERM');

  const attemptsFolder = join(dataDir, 'attempts');
  const listAttempts = () => readdir(attemptsFolder);
  const cluster = join(dataDir, 'postgres', 'data');
  let environments = 0;

  function of(server: TestServer) {
    return createApiWorkspace(server, workspaceId);
  }

  async function deploy(server: TestServer, requirements: readonly string[] = []): Promise<void> {
    await deployWorkspace(server, workspaceId, {
      files: { 'load.py': loadScript, 'follow.py': followScript },
      jobs: [defineScriptJob('load'), defineScriptJob('follow', ['job.success:jobs.load'])],
      requirements,
    });
  }

  function trigger(server: TestServer, jobRef = 'jobs.load'): Promise<string> {
    return triggerJob(server, workspaceId, jobRef);
  }

  async function listFollowers(server: TestServer, jobRunId: string) {
    const { items } = await server.client.call('list_job_runs', {
      params: { workspace_id: workspaceId },
      query: { previous_job_run_id: jobRunId },
    });
    return items;
  }

  async function hasWholeFollowers(server: TestServer, jobRunId: string): Promise<boolean> {
    const followers = await listFollowers(server, jobRunId);
    return followers.length > 0 && followers.every(({ finished_at }) => finished_at !== null);
  }

  function countStarts(jobRunId: string): number {
    const path = join(localData, 'starts');
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return text.split('\n').filter((line) => line === jobRunId).length;
  }

  async function readUserLines(lines: AsyncIterable<{ content: string; source: string; line_num: number }>) {
    const all = await Array.fromAsync(lines);
    return {
      lines: all.filter(({ source }) => source === 'user').map(({ content }) => content),
      hasGaps: all.some(({ line_num }, index) => line_num !== index),
    };
  }

  async function describeFollowers(server: TestServer, jobRunId: string) {
    const followers = await listFollowers(server, jobRunId);
    return Promise.all(
      followers.map(async ({ id, status }) => ({
        status,
        timesStarted: countStarts(id),
        lines: (await readUserLines(server.client.readLog({ workspaceId, jobRunId: id }))).lines,
      })),
    );
  }

  /** Waits for the end of the run and its followers, and says what `wholeRun` says. */
  async function describeRun(server: TestServer, jobRunId: string) {
    const { status } = await of(server).awaitEnd(jobRunId);
    if (status === 'completed')
      await eventually('the followers of the run end', () => hasWholeFollowers(server, jobRunId), {
        timeoutSeconds: 60,
      });
    const logs = await readUserLines(server.client.readLog({ workspaceId, jobRunId }));
    const stream = await readUserLines(server.client.followLog({ workspaceId, jobRunId }));
    const pipelineRuns = await of(server).listPipelineRuns(jobRunId);
    return {
      status,
      timesStarted: countStarts(jobRunId),
      linesOfLogs: logs.lines,
      linesOfStream: stream.lines,
      lineNumbersHaveGaps: logs.hasGaps || stream.hasGaps,
      pipelineRuns: pipelineRuns.map((run) => ({
        pipeline: run.pipeline_name,
        status: run.status,
        rows: run.total_rows_loaded,
      })),
      followers: await describeFollowers(server, jobRunId),
    };
  }

  return {
    of,
    trigger,
    describeRun,

    /** Deploys such that the next run needs an environment that is not built: other words for the same packages. */
    async needNewEnvironment(server: TestServer): Promise<void> {
      environments += 1;
      await deploy(server, [`pyyaml>=5.${environments}`]);
    },

    /** A server on the site's data folder and port, paused at a moment if one is named. */
    async start({
      pauseAt,
      untilReady = true,
    }: { pauseAt?: FaultPointName; untilReady?: boolean } = {}): Promise<TestServer> {
      const variables = { PUMPHOUSE_PAUSE_AT: pauseAt === undefined ? '' : `${pauseAt}:${pauseFile}` };
      return track(await first.restart(variables, { untilReady }));
    },
    /** A second server, on another port. */
    startBeside: async (): Promise<TestServer> => track(await first.startBeside({ PUMPHOUSE_PAUSE_AT: '' })),

    /** Resolves when a server has come to the moment it was to pause at. */
    awaitPause: () =>
      eventually('the server comes to that moment', () => existsSync(pauseFile), { timeoutSeconds: 60 }),
    resume: () => rmSync(pauseFile, { force: true }),

    /** From now on user code waits behind `lastLineBeforeHold`. */
    hold: () => writeFileSync(holdFile, ''),
    release: () => rmSync(holdFile, { force: true }),

    /** Bootstraps that run, with the attempt of each. */
    async listBootstraps(): Promise<{ attemptId: string; pid: number }[]> {
      const listed = (await listAttempts()).map((attemptId) => {
        const path = join(attemptsFolder, attemptId, 'process.json');
        const { pid } = existsSync(path)
          ? (JSON.parse(readFileSync(path, 'utf8')) as { pid: number })
          : { pid: 0 };
        return { attemptId, pid };
      });
      return listed.filter(({ pid }) => existsSync(`/proc/${pid}`));
    },
    /** Whether an attempt has recorded its end, delivered or not. */
    async hasExitRecord(): Promise<boolean> {
      const spools = (await listAttempts()).map((attemptId) => join(attemptsFolder, attemptId, 'spool'));
      return spools.some(
        (spool) => existsSync(spool) && readFileSync(spool, 'utf8').includes('"kind":"exit"'),
      );
    },
    /** Everything that runs for an attempt. */
    listProcesses: (attemptId: string) => listProcessesWithVariable(`PUMPHOUSE_ATTEMPT_ID=${attemptId}`),

    /** kill -9 of the site's Postgres, backends and all. */
    async killPostgres(): Promise<void> {
      const postmaster = Number.parseInt(await readFile(join(cluster, 'postmaster.pid'), 'utf8'), 10);
      const processes = selectDescendants(await listProcesses(), postmaster);
      for (const { pid } of processes) process.kill(pid, 'SIGKILL');
    },
    /** Why the run failed, as the store has it; null when it did not. */
    async readFailureCode(jobRunId: string): Promise<string | null> {
      const client = new Client({ host: cluster, port: 5432, user: 'pumphouse', database: 'pumphouse' });
      await client.connect();
      try {
        const { rows } = await client.query<{ failure: { code: string } | null }>(
          'select failure from job_runs where id = $1',
          [jobRunId],
        );
        return rows[0]?.failure?.code ?? null;
      } finally {
        await client.end();
      }
    },

    /** Waits until what the attempts of the site needed is put away: their folders are gone, their logs packed. */
    async awaitTidiness(): Promise<void> {
      await eventually(
        'attempts are removed and logs packed',
        async () => {
          const attempts = await listAttempts();
          const logs = await readdir(join(dataDir, 'blobs', 'logs'), { recursive: true });
          return attempts.length === 0 && logs.every((name) => !name.endsWith('.ndjson'));
        },
        { timeoutSeconds: 60 },
      );
    },

    /** Ends what a test left running, so that the next one finds a quiet site. */
    async endServers(): Promise<void> {
      rmSync(pauseFile, { force: true });
      rmSync(holdFile, { force: true });
      for (const server of servers) {
        server.process.kill('SIGCONT');
        await server.end('SIGTERM');
      }
      servers.clear();
    },

    async remove(): Promise<void> {
      for (const server of servers) await server.end('SIGKILL');
      await stopAbandonedPostgres(dataDir, silentLog);
      await rm(dataDir, { recursive: true, force: true });
      await rm(pauseFolder, { recursive: true, force: true });
    },
  };

  function track(server: TestServer): TestServer {
    servers.add(server);
    return server;
  }
}
