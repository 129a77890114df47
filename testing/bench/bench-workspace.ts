import type { DltClientInstall } from '../fixtures/dlt-client.ts';
import type { CommandPlace } from './command-output.ts';
import { randomUUID } from 'node:crypto';
import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { repositoryFolder, type TestServer } from '../fixtures/server.ts';

/** One of the folders in `workspaces/`, deployed; and the same code and environment without the server. */
export interface BenchWorkspace {
  client: ClientWorkspace;
  /** Starts a run of a job, by the last part of its ref, with one API call. */
  startRun(jobName: string): Promise<{ jobRunId: string; calledAtMs: number }>;
  /** Starts a run and follows its log to its end. @throws Error when it does not complete */
  completeRun(jobName: string, options?: CompleteRunOptions): Promise<CompletedRun>;
  /** The launcher that the server starts for a job, alone. */
  bareLauncher(jobName: string): string[];
  bareScript(name: string): string[];
  /** Where the two run: an unpacked copy of the workspace, with a run's variables. */
  bare: CommandPlace;
}

interface CompleteRunOptions {
  /** Called when a line of user code is received, with the run's id. */
  onLine?: (jobRunId: string) => void;
}

/** Times are milliseconds since the epoch. */
interface CompletedRun {
  calledAtMs: number;
  answeredAtMs: number;
  /** The stream of the log has ended. */
  endedAtMs: number;
  /** What user code printed. */
  lines: { content: string; receivedAtMs: number }[];
}

interface Place {
  install: DltClientInstall;
  server: TestServer;
  /** Where the workspace's folder is made. */
  parentFolder: string;
}

/** Deploys `workspaces/<name>` with the official client and runs one job, so that its environment is built. */
export async function deployBenchWorkspace(
  place: Place,
  { name, requirements, firstJob }: { name: string; requirements: string; firstJob: string },
): Promise<BenchWorkspace> {
  const { server } = place;
  const folder = join(place.parentFolder, name);
  const client = await createClientWorkspace({ ...place, name }, { 'requirements.txt': `${requirements}\n` });
  await cp(join(repositoryFolder, 'testing/bench/workspaces', name), folder, { recursive: true });
  await client.dlthub(['deploy']);
  const runs = await createRuns(server, client);
  const environmentsFolder = join(server.dataDir, 'environments');
  const known = new Set(await readdir(environmentsFolder).catch(() => []));
  await runs.completeRun(firstJob);
  const environment = (await readdir(environmentsFolder)).find((entry) => !known.has(entry));
  if (!environment) throw new Error('The server has built no environment');
  return {
    client,
    ...runs,
    ...(await createBare(folder, join(environmentsFolder, environment, 'venv'), runs)),
  };
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
      const said = [...others, ...lines.map((line) => line.content)].join('\n');
      throw new Error(`A run of ${jobName} is ${status}:\n${said}`);
    }
    return { calledAtMs, answeredAtMs, endedAtMs, lines };
  }

  return { findJob, startRun, completeRun };
}

async function createBare(
  workspaceFolder: string,
  environment: string,
  { findJob }: Pick<Awaited<ReturnType<typeof createRuns>>, 'findJob'>,
) {
  const python = join(environment, 'bin', 'python');
  const folder = `${workspaceFolder}-bare`;
  await cp(workspaceFolder, folder, { recursive: true });
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
  const bareLauncher = (jobName: string) => {
    const { job_ref: jobRef, job_definition: definition } = findJob(jobName);
    const { entry_point: entryPoint } = definition;
    const asked = JSON.stringify({ ...entryPoint, job_ref: jobRef, profile: 'prod', refresh: false });
    const options = ['--run-id', runId, '--trigger', `manual:${jobRef}`, '--entry-point', asked];
    return [python, '-u', '-m', entryPoint.launcher ?? '', ...options];
  };
  return { bare, bareLauncher, bareScript: (name: string) => [python, '-u', `${name}.py`] };
}
