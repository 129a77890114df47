import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isTerminalRunState, type DetailedJobRunResponse } from '@pumphouse/contract';
import { createApiWorkspace, joinLines } from '../../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../../fixtures/deploy-workspace.ts';
import { createRunsLocation } from '../../fixtures/runs-location.ts';
import { killProcess } from '../../fixtures/kill-process.ts';
import { listAttemptProcesses } from '../../fixtures/run-processes.ts';
import { startTestServer } from '../../fixtures/server.ts';
import { startDestination } from '../../e2e/pending/postgres-destination.ts';
import { siteVariables } from '../site-servers.ts';
import type { JournalEntry } from './check-rows.ts';
import { limitedName, limits, pipelineNames, program } from './program.ts';

export type PendingKillSite = Awaited<ReturnType<typeof createPendingKillSite>>;

/** One data folder with pipelines whose runs are killed, and whose server is. Processes only. */
export async function createPendingKillSite() {
  const postgres = await startDestination();
  let server = await startTestServer({
    ...siteVariables,
    PUMPHOUSE_RUNS_LOOPBACK_PORTS: String(postgres.port),
  });
  const { dataDir, client } = server;
  const workspaceId = await createWorkspace(server, 'kills');
  const params = { workspace_id: workspaceId };
  const api = createApiWorkspace(server, workspaceId);
  const location = createRunsLocation(dataDir);
  const localData = location.locateLocalData(workspaceId, 'prod');
  await client.call('update_workspace_variables', {
    params,
    body: {
      profile: null,
      upserts: [{ name: 'SHOP_DATABASE', type: 'secret', value: postgres.url }],
      deletes: [],
    },
  });
  const jobs = pipelineNames.flatMap((name) => [
    defineJob(name, 600),
    defineJob(`read_${name}`, 600),
    ...limits.map((seconds) => defineJob(limitedName(name, seconds), seconds)),
  ]);
  await deployWorkspace(server, workspaceId, {
    files: Object.fromEntries(jobs.map(({ name }) => [`${name}.py`, program])),
    jobs: jobs.map(({ definition }) => definition),
    requirements: ['dlt[duckdb,filesystem,postgres]==1.31.0'],
  });

  // Calls wait while the server is being replaced, so that none has two effects or is lost with it.
  const calls = new Set<Promise<unknown>>();
  const gate: { closed: Promise<void> | null } = { closed: null };

  async function whileServed<Result>(call: () => Promise<Result>): Promise<Result> {
    while (gate.closed !== null) await gate.closed;
    const running = call();
    calls.add(running);
    try {
      return await running;
    } finally {
      calls.delete(running);
    }
  }

  const getRun = (id: string): Promise<DetailedJobRunResponse> => whileServed(() => api.getRun(id));

  return {
    start: (name: string) => whileServed(() => triggerJob({ client }, workspaceId, `jobs.${name}`)),
    getRun,
    isActive: async (id: string) => !isTerminalRunState((await getRun(id)).status),
    readLog: (id: string) => whileServed(async () => joinLines(await api.readLog(id))),
    cancel: (id: string) =>
      whileServed(() => client.call('cancel_job_run', { params: { ...params, job_run_id: id } })),

    async awaitEnd(id: string): Promise<DetailedJobRunResponse> {
      for (;;) {
        const run = await getRun(id);
        if (isTerminalRunState(run.status)) return run;
        await delay(200);
      }
    },

    /** Kills the server and starts another one; runs go on meanwhile. */
    async killServer(): Promise<void> {
      while (gate.closed !== null) await gate.closed;
      gate.closed = (async () => {
        await Promise.allSettled(calls);
        await server.end('SIGKILL');
        server = await server.restart();
      })();
      try {
        await gate.closed;
      } finally {
        gate.closed = null;
      }
    },

    async findAttempt(id: string): Promise<string> {
      const life = await whileServed(() =>
        client.call('get_job_run_life', { params: { ...params, job_run_id: id } }),
      );
      return String(life.attempts.at(-1)?.id);
    },

    killBootstrap: (attemptId: string) => location.signalBootstrap(attemptId, 'SIGKILL'),
    async killAttempt(attemptId: string): Promise<void> {
      await location.signalBootstrap(attemptId, 'SIGKILL');
      for (const pid of await listAttemptProcesses(dataDir, attemptId)) killProcess(pid);
    },
    /** Kills the process of user code that wrote an entry of the journal. */
    killUser({ pid, namespace }: JournalEntry): void {
      for (const outside of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)))
        if (isProcess(outside, pid, namespace)) killProcess(Number(outside));
    },

    listPackages: async (pipelineName: string) => {
      const query = { pipeline_name: pipelineName };
      const list = () => client.call('list_pending_packages', { params, query });
      return (await whileServed(list)).packages;
    },
    /** Starts a run that only finishes what is pending. */
    startFinishing: async (pipelineName: string) => {
      const body = { profile: 'prod' };
      const finish = () =>
        client.call('finish_pending_packages', {
          params: { ...params, pipeline_name: pipelineName },
          body,
        });
      return (await whileServed(finish)).job_run_id;
    },

    async readJournal(name: string): Promise<JournalEntry[]> {
      const text = await readFile(join(localData, `${name}.journal`), 'utf8').catch(() => '');
      // The last line may still be written.
      const lines = text.split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as JournalEntry);
    },
    /** What a run of the job `read_<name>` found. */
    async readCounts(name: string): Promise<Record<string, number>> {
      const text = await readFile(join(localData, `${name}.rows`), 'utf8');
      return JSON.parse(text) as Record<string, number>;
    },

    async remove(): Promise<void> {
      await server.remove();
      await postgres.stop();
    },
  };
}

function defineJob(name: string, timeoutSeconds: number) {
  const timeout = { timeout: timeoutSeconds, grace_period: 1 };
  return { name, definition: { ...defineScriptJob(name), execute: { concurrency: null, timeout } } };
}

/** Whether a process of this machine is the one that a sandbox knows by this id. */
function isProcess(outside: string, pid: number | undefined, namespace: string | undefined): boolean {
  try {
    if (readlinkSync(`/proc/${outside}/ns/pid`) !== namespace) return false;
    const ids = /^NSpid:(.*)$/m.exec(readFileSync(`/proc/${outside}/status`, 'utf8'))?.[1] ?? '';
    return Number(ids.trim().split(/\s+/).at(-1)) === pid;
  } catch {
    // It has ended meanwhile.
    return false;
  }
}
