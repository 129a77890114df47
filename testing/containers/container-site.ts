import { createApiWorkspace, joinLines, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import type { TestEngine } from '../fixtures/container-engine.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
  type DeployedCode,
} from '../fixtures/deploy-workspace.ts';
import { eventually } from '../fixtures/eventually.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

/** A server whose runs are containers of a real engine. */
export type ContainerSite = Awaited<ReturnType<typeof createContainerSite>>;

/** How a run has ended: its status, its output, and the last line of its log with the reason. */
export interface EndedRun {
  id: string;
  status: string;
  output: string;
  lastLine: string;
  /** All output of the runner itself. */
  remarks: string;
}

/** Small, so that a run reaches its limits quickly. */
const smallInstances = 'small=1/512/64';

/**
 * Starts a server on an engine that the caller closes.
 * @param variables settings of the server in addition to the engine's
 */
export async function createContainerSite(engine: TestEngine, variables: Record<string, string> = {}) {
  const server: TestServer = await startTestServer({
    PUMPHOUSE_EXECUTOR: 'docker',
    PUMPHOUSE_ENGINE_URL: engine.url,
    PUMPHOUSE_INSTANCE_SIZES: smallInstances,
    PUMPHOUSE_LOG_LEVEL: 'warn',
    // A run that could not be started is retried after this.
    PUMPHOUSE_LEASE_SECONDS: '3',
    ...variables,
  });

  /** A workspace with a job `jobs.<name>` for each script. */
  async function deployScripts(
    name: string,
    scripts: Record<string, string>,
    more: Partial<DeployedCode> = {},
  ): Promise<ApiWorkspace> {
    const id = await createWorkspace(server, name);
    const files = Object.fromEntries(Object.entries(scripts).map(([job, text]) => [`${job}.py`, text]));
    await deployWorkspace(server, id, {
      jobs: Object.keys(scripts).map((job) => defineScriptJob(job)),
      ...more,
      files: { ...files, ...more.files },
    });
    return createApiWorkspace(server, id);
  }

  const start = (workspace: ApiWorkspace, job: string): Promise<string> =>
    triggerJob(server, workspace.id, `jobs.${job}`);

  async function awaitEnd(workspace: ApiWorkspace, id: string): Promise<EndedRun> {
    const { status } = await workspace.awaitEnd(id);
    const log = await workspace.readLog(id);
    return {
      id,
      status,
      output: joinLines(log, 'user'),
      lastLine: log.at(-1)?.content ?? '',
      remarks: joinLines(log, 'setup'),
    };
  }

  const listNames = async (kind: 'ps' | 'volume', ...filters: string[]): Promise<string[]> => {
    const list = kind === 'ps' ? ['ps', '--all'] : ['volume', 'ls'];
    const format = kind === 'ps' ? '{{.Names}}' : '{{.Name}}';
    const options = filters.flatMap((filter) => ['--filter', `label=pumphouse.${filter}`]);
    return (await engine.call([...list, ...options, '--format', format])).split('\n').filter(Boolean);
  };

  /** The container of a run's attempt, which only its volume names: it may have been prepared for any run. */
  const findContainer = (runId: string): Promise<string> =>
    eventually(`run ${runId} has a container`, async () => {
      const [volume = ''] = await listNames('volume', 'kind=attempt', `run=${runId}`);
      const names = await listNames('ps', 'installation');
      return names.find((name) => volume.endsWith(name.replace(/^pumphouse-/, '-attempt-')));
    });

  /**
   * Waits until the engine has no container and no volume of an attempt or a build. Prepared containers of the server
   * still wait.
   */
  async function awaitNothingLeft(): Promise<void> {
    await eventually('nothing of attempts and builds is left on the engine', async () => {
      const left = await Promise.all([
        listNames('ps', 'installation'),
        listNames('volume', 'kind=attempt'),
        listNames('volume', 'kind=build'),
      ]);
      return left.flat().every((name) => name.startsWith('pumphouse-slot-'));
    });
  }

  return {
    engine,
    server,
    deployScripts,
    start,
    awaitEnd,
    findContainer,
    awaitNothingLeft,
    listNames,
    cancel: (workspace: ApiWorkspace, id: string) =>
      server.client.call('cancel_job_run', { params: { workspace_id: workspace.id, job_run_id: id } }),
    async run(workspace: ApiWorkspace, job: string): Promise<EndedRun> {
      return awaitEnd(workspace, await start(workspace, job));
    },
    /** The files of its only profile that members see. */
    async listLocalData(workspace: ApiWorkspace): Promise<string[]> {
      const { profiles } = await server.client.call('list_local_data', {
        params: { workspace_id: workspace.id },
      });
      return profiles.flatMap(({ files }) => files.map(({ path }) => path));
    },
    /** The response of /readyz: its status and its reasons on one line. */
    async readReadiness(): Promise<{ status: number; reasons: string }> {
      const answer = await fetch(`${server.url}/readyz`);
      const { reasons } = (await answer.json()) as { reasons: string[] };
      return { status: answer.status, reasons: reasons.join(' ') };
    },
    async close(): Promise<void> {
      await server.remove();
    },
  };
}

/** A script that reports its start and runs until it gets a signal. */
export const endless = `
import time
print("is there", flush=True)
while True:
    time.sleep(0.1)
`;

/** A job that shows that other runs continue during a failure. */
export const neighbourScript = { neighbour: 'print("is well")\n' };
