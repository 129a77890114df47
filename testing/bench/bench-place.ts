import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient, type DltClientInstall } from '../fixtures/dlt-client.ts';
import { repositoryFolder, startTestServer, type TestServer } from '../fixtures/server.ts';
import type { CommandPlace } from './command-output.ts';

export const scriptNames = ['first_line', 'nothing', 'thousand_rows', 'ticker'] as const;
export type ScriptName = (typeof scriptNames)[number];

/** A server with the benchmark's workspace deployed, and the same scripts and environment without the server. */
export interface BenchPlace {
  server: TestServer;
  install: DltClientInstall;
  workspace: ClientWorkspace;
  /** Starts a run with one API call. @returns its id, and when the call began */
  startRun(script: ScriptName): Promise<{ jobRunId: string; calledAtMs: number }>;
  /** Starts a run and follows its log to its end. @throws Error when it does not complete */
  completeRun(script: ScriptName, options?: CompleteRunOptions): Promise<CompletedRun>;
  /** The command of the launcher that the server starts for a script. */
  bareLauncher(script: ScriptName): string[];
  bareScript(script: ScriptName): string[];
  /** Where the two commands run: an unpacked copy of the workspace, with a run's variables. */
  bare: CommandPlace;
  remove(): Promise<void>;
}

interface CompleteRunOptions {
  /** Called when a line of user code is received, with the run's id. */
  onLine?: (jobRunId: string) => void;
}

export interface CompletedRun {
  jobRunId: string;
  calledAtMs: number;
  answeredAtMs: number;
  endedAtMs: number;
  /** What user code printed, with the time at which it was received. */
  lines: { content: string; receivedAtMs: number }[];
}

const scriptsFolder = join(repositoryFolder, 'testing/bench/workspace');

export async function createBenchPlace(): Promise<BenchPlace> {
  const parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-'));
  const install = await prepareDltClient();
  const server = await startTestServer({ PUMPHOUSE_ALLOW_UNISOLATED: '1' });
  const remove = async () => {
    await server.remove();
    await rm(parentFolder, { recursive: true, force: true });
  };
  try {
    const workspace = await createClientWorkspace({ install, server, parentFolder, name: 'bench' }, {});
    await cp(scriptsFolder, workspace.folder, { recursive: true });
    await workspace.dlthub(['deploy']);
    const runs = await createRuns(server, workspace);
    // The environment is built now; nothing that is measured waits for it.
    await runs.completeRun('nothing');
    return { server, install, workspace, remove, ...runs, ...(await createBare(server, workspace)) };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function createRuns({ client }: TestServer, { api }: ClientWorkspace) {
  const params = { workspace_id: api.id };
  const { items } = await client.call('list_jobs', { params });
  const jobs = new Map(items.map((job) => [job.job_ref.split('.').at(-1), job]));

  async function startRun(script: ScriptName) {
    const job = jobs.get(script);
    if (!job) throw new Error(`${script} was not deployed as a job`);
    const calledAtMs = Date.now();
    const { id } = await client.call('create_job_run', {
      params,
      body: { job_id: job.id, trigger: `manual:${job.job_ref}`, mode: 'always' },
    });
    return { jobRunId: id, calledAtMs };
  }

  async function completeRun(script: ScriptName, { onLine }: CompleteRunOptions = {}): Promise<CompletedRun> {
    const { jobRunId, calledAtMs } = await startRun(script);
    const answeredAtMs = Date.now();
    const lines: CompletedRun['lines'] = [];
    const other: string[] = [];
    for await (const line of client.followLog({ workspaceId: api.id, jobRunId })) {
      if (line.source === 'user') {
        lines.push({ content: line.content, receivedAtMs: Date.now() });
        onLine?.(jobRunId);
      } else other.push(line.content);
    }
    const endedAtMs = Date.now();
    const run = await api.getRun(jobRunId);
    if (run.status !== 'completed') {
      const said = [...other, ...lines.map((line) => line.content)].join('\n');
      throw new Error(`A run of ${script} is ${run.status}:\n${said}`);
    }
    return { jobRunId, calledAtMs, answeredAtMs, endedAtMs, lines };
  }

  return { startRun, completeRun };
}

async function createBare(server: TestServer, workspace: ClientWorkspace) {
  const environmentsFolder = join(server.dataDir, 'environments');
  const [name] = await readdir(environmentsFolder);
  if (!name) throw new Error('The server has built no environment');
  const environment = join(environmentsFolder, name, 'venv');
  const python = join(environment, 'bin', 'python');
  const folder = `${workspace.folder}-bare`;
  await cp(workspace.folder, folder, { recursive: true });
  await writeFile(join(folder, '.dlt', '.workspace'), '');
  const runId = randomUUID();
  const bare: CommandPlace = {
    cwd: folder,
    env: {
      PATH: `${join(environment, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
      HOME: `${folder}-home`,
      LANG: 'C.UTF-8',
      PYTHONUNBUFFERED: '1',
      WORKSPACE__PROFILE: 'prod',
      RUNTIME__RUN_ID: runId,
      RUNTIME__DLTHUB_TELEMETRY: 'false',
    },
  };
  const bareLauncher = (script: ScriptName) => {
    const launcher = 'dlt._workspace.deployment.launchers.module';
    const entryPoint = {
      module: script,
      function: null,
      job_type: 'batch',
      launcher,
      job_ref: `jobs.${script}`,
      profile: 'prod',
      refresh: false,
    };
    const trigger = `manual:jobs.${script}`;
    const asked = ['--run-id', runId, '--trigger', trigger, '--entry-point', JSON.stringify(entryPoint)];
    return [python, '-u', '-m', launcher, ...asked];
  };
  return { bare, bareLauncher, bareScript: (script: ScriptName) => [python, '-u', `${script}.py`] };
}
