import type { DltClientInstall } from '../fixtures/dlt-client.ts';
import type { CommandOptions } from './command-output.ts';
import { randomUUID } from 'node:crypto';
import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { repositoryFolder, type TestServer } from '../fixtures/server.ts';

/** A deployed folder of `workspaces/`. */
export interface DeployedWorkspace {
  /** The workspace folder, as a developer has it. */
  folder: string;
  client: ClientWorkspace;
  /** Starts a run of a job, by the last part of its ref, with one API call. */
  startRun(jobName: string): Promise<{ jobRunId: string; calledAtMs: number }>;
  /**
   * Starts a run and follows its log to the end.
   * @throws Error when the run does not complete
   */
  completeRun(jobName: string, options?: CompleteRunOptions): Promise<CompletedRun>;
  /** The arguments after the path of Python with which the server starts a job. */
  launcherArguments(jobName: string): string[];
}

/** The same code and environment, usable without the server. */
export interface BenchWorkspace extends DeployedWorkspace {
  /** The launcher that the server starts for a job, on its own. */
  bareLauncher(jobName: string): string[];
  bareScript(name: string): string[];
  /** Where both run: an unpacked copy of the workspace, with a run's variables. */
  bare: CommandOptions;
}

interface CompleteRunOptions {
  /** Called with the run's id when a line of user code is received. */
  onLine?: (jobRunId: string) => void;
}

/** Times are milliseconds since the epoch. */
interface CompletedRun {
  calledAtMs: number;
  answeredAtMs: number;
  /** The log stream has ended. */
  endedAtMs: number;
  /** Output of user code. */
  lines: { content: string; receivedAtMs: number }[];
}

export interface BenchWorkspaceScope {
  install: DltClientInstall;
  server: TestServer;
  /** Parent of the workspace's folder. */
  parentFolder: string;
}

interface WorkspaceOptions {
  /** Name of a folder in `workspaces/`. */
  name: string;
  requirements: string;
  /** Run once to build the environment. */
  firstJob: string;
}

/** The benchmark's workspaces. */
export const workspaces = {
  scripts: { name: 'scripts', requirements: 'dlt[duckdb]==1.31.0', firstJob: 'nothing' },
  databases: { name: 'databases', requirements: 'dlt[duckdb]==1.31.0', firstJob: 'nothing' },
  together: { name: 'together', requirements: 'dlt==1.31.0', firstJob: 'together' },
} as const satisfies Record<string, WorkspaceOptions>;

/** The run id for launchers without a server. */
const bareRunId = randomUUID();

/** Deploys a workspace with the official client and runs one job. */
export async function deployWorkspace(
  context: BenchWorkspaceScope,
  { name, requirements, firstJob }: WorkspaceOptions,
): Promise<DeployedWorkspace> {
  const folder = join(context.parentFolder, name);
  const client = await createClientWorkspace(
    { ...context, name },
    { 'requirements.txt': `${requirements}\n` },
  );
  await cp(join(repositoryFolder, 'testing/bench/workspaces', name), folder, { recursive: true });
  await client.dlthub(['deploy']);
  const runs = await createRuns(context.server, client);
  await runs.completeRun(firstJob);
  return { folder, client, ...runs };
}

/** The same on the process executor, whose environment can be used without the server. */
export async function deployBenchWorkspace(
  context: BenchWorkspaceScope,
  options: WorkspaceOptions,
): Promise<BenchWorkspace> {
  const environmentsFolder = join(context.server.dataDir, 'environments');
  const known = new Set(await readdir(environmentsFolder).catch(() => []));
  const deployed = await deployWorkspace(context, options);
  const environment = (await readdir(environmentsFolder)).find((entry) => !known.has(entry));
  if (!environment) throw new Error('The server has built no environment');
  return { ...deployed, ...(await createBare(deployed, join(environmentsFolder, environment, 'venv'))) };
}

async function createRuns({ client }: TestServer, { api }: ClientWorkspace) {
  const params = { workspace_id: api.id };
  const { items } = await client.call('list_jobs', { params });
  const jobs = new Map(items.map((job) => [job.job_ref.split('.').at(-1) ?? '', job]));

  function findJob(jobName: string) {
    const job = jobs.get(jobName);
    if (!job) throw new Error(`There is no job ${jobName}`);
    return job;
  }

  async function startRun(jobName: string) {
    const job = findJob(jobName);
    const calledAtMs = Date.now();
    const { id } = await client.call('create_job_run', {
      params,
      body: { job_id: job.id, trigger: `manual:${job.job_ref}`, mode: 'always' },
    });
    return { jobRunId: id, calledAtMs };
  }

  async function completeRun(jobName: string, { onLine }: CompleteRunOptions = {}): Promise<CompletedRun> {
    const { jobRunId, calledAtMs } = await startRun(jobName);
    const answeredAtMs = Date.now();
    const lines: CompletedRun['lines'] = [];
    const others: string[] = [];
    for await (const line of client.followLog({ workspaceId: api.id, jobRunId })) {
      if (line.source === 'user') {
        lines.push({ content: line.content, receivedAtMs: Date.now() });
        onLine?.(jobRunId);
      } else others.push(line.content);
    }
    const endedAtMs = Date.now();
    const { status } = await api.getRun(jobRunId);
    if (status !== 'completed') {
      const output = [...others, ...lines.map((line) => line.content)].join('\n');
      throw new Error(`A run of ${jobName} is ${status}:\n${output}`);
    }
    return { calledAtMs, answeredAtMs, endedAtMs, lines };
  }

  function launcherArguments(jobName: string): string[] {
    const { job_ref: jobRef, job_definition: definition } = findJob(jobName);
    const { entry_point: entryPoint } = definition;
    const asked = JSON.stringify({ ...entryPoint, job_ref: jobRef, profile: 'prod', refresh: false });
    const options = ['--run-id', bareRunId, '--trigger', `manual:${jobRef}`, '--entry-point', asked];
    return ['-u', '-m', entryPoint.launcher ?? '', ...options];
  }

  return { startRun, completeRun, launcherArguments };
}

async function createBare(deployed: DeployedWorkspace, environment: string) {
  const python = join(environment, 'bin', 'python');
  const folder = `${deployed.folder}-bare`;
  await copyBare(deployed.folder, folder);
  const bare: CommandOptions = {
    cwd: folder,
    env: {
      PATH: `${join(environment, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
      HOME: `${folder}-home`,
      ...bareVariables(),
    },
  };
  return {
    bare,
    bareLauncher: (jobName: string) => [python, ...deployed.launcherArguments(jobName)],
    bareScript: (name: string) => [python, '-u', `${name}.py`],
  };
}

/** Copies a workspace as it is unpacked for a run. */
export async function copyBare(workspaceFolder: string, folder: string): Promise<void> {
  await cp(workspaceFolder, folder, { recursive: true });
  await writeFile(join(folder, '.dlt', '.workspace'), '');
}

/** The variables of a run, except those for folders. */
export function bareVariables(): Record<string, string> {
  return {
    LANG: 'C.UTF-8',
    PYTHONUNBUFFERED: '1',
    WORKSPACE__PROFILE: 'prod',
    RUNTIME__RUN_ID: bareRunId,
    RUNTIME__DLTHUB_TELEMETRY: 'false',
  };
}
