import { expect } from 'vitest';
import { createApiWorkspace, type ApiWorkspace } from '../../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../../fixtures/deploy-workspace.ts';
import { runsAreContainers, runsAreInCluster } from '../../fixtures/runs-location.ts';
import { startTestServer, type TestServer } from '../../fixtures/server.ts';
import { startDestination } from './postgres-destination.ts';
import { program as smallProgram } from './program.ts';

/** Where a run of the program stops, and what it does there. */
export interface Stop {
  at: 'normalize' | 'in-normalize' | 'load' | 'in-load' | 'unrecorded';
  how: 'kill' | 'memory' | 'hang';
}

/** The oldest dlt that runs use, and the newest. */
export const oldestDlt = '1.26.0';
const newestDlt = '1.31.0';

/** Where the Postgres of the test listens for pods; containers do not reach the loopback, where it listens otherwise. */
const clusterHost = runsAreInCluster ? (process.env['PUMPHOUSE_TEST_CLUSTER_HOST'] ?? null) : null;
export const kinds =
  runsAreContainers && clusterHost === null ? ['duckdb', 'filesystem'] : ['duckdb', 'filesystem', 'postgres'];
export const dispositions = ['append', 'merge', 'replace'];

export type PendingSite = Awaited<ReturnType<typeof createPendingSite>>;

/**
 * Starts a server with a workspace whose jobs load what a program describes, each with a pipeline and a dataset of its own.
 * @param names of the jobs, which are the names of their files; one that contains `timeout` has a short time limit
 */
export async function createPendingSite(
  names: readonly string[],
  { dlt = newestDlt, program = smallProgram, memoryMb = 400 } = {},
) {
  const postgres = await startDestination(clusterHost);
  let server: TestServer = await startTestServer({
    PUMPHOUSE_INSTANCE_SIZES: `small=2/${memoryMb}/512 medium=2/2048/1024`,
    PUMPHOUSE_RUNS_LOOPBACK_PORTS: String(postgres.port),
  });
  const workspaceId = await createWorkspace(server, 'pending');
  let api: ApiWorkspace = createApiWorkspace(server, workspaceId);
  const params = { workspace_id: workspaceId };
  await setVariable('SHOP_DATABASE', postgres.url);
  await deploy(60);

  /** @param limitSeconds time limit of the jobs whose names contain `timeout` */
  async function deploy(limitSeconds: number): Promise<void> {
    await deployWorkspace(server, workspaceId, {
      files: Object.fromEntries(names.map((name) => [`${name}.py`, program])),
      jobs: names.map((name) => ({
        ...defineScriptJob(name),
        execute: {
          concurrency: null,
          timeout: { timeout: name.includes('timeout') ? limitSeconds : 600, grace_period: 1 },
        },
      })),
      requirements: [`dlt[${kinds.join(',')}]==${dlt}`],
      configuration: { 'config.toml': '' },
    });
  }

  /** @param value null: removes the variable */
  async function setVariable(name: string, value: string | null): Promise<void> {
    const upserts = value === null ? [] : [{ name, type: 'secret' as const, value }];
    const deletes = value === null ? [name] : [];
    await server.client.call('update_workspace_variables', {
      params,
      body: { profile: null, upserts, deletes },
    });
  }

  const start = (name: string) => triggerJob(server, workspaceId, `jobs.${name}`);

  async function list(query: Record<string, unknown>) {
    return (await server.client.call('list_pending_packages', { params, query })).packages;
  }

  /** Awaits the end of a run. */
  async function finish(id: string) {
    const { status } = await api.awaitEnd(id);
    const lines = (await api.readLog(id)).map(({ content }) => content);
    return { id, status, lines, asked: lines.filter((line) => line.startsWith('asked')) };
  }

  const run = async (name: string) => finish(await start(name));

  return {
    workspaceId,
    get server() {
      return server;
    },
    get api() {
      return api;
    },
    deploy,
    list,
    start,
    finish,
    run,

    /**
     * Starts a job that stops at a point, and waits until it is there. Later runs do not stop.
     * @returns the id of the run, and its line about the point
     */
    async startUntil(name: string, { at, how }: Stop): Promise<{ id: string; line: string }> {
      await setVariable('STOP', `${at} ${how}`);
      const id = await start(name);
      const lines = await api.awaitLine(id, 'stopping');
      await setVariable('STOP', null);
      return { id, line: lines.at(-1)?.content ?? '' };
    },

    cancel: (id: string) => server.client.call('cancel_job_run', { params: { ...params, job_run_id: id } }),

    /**
     * Kills the server and starts it again.
     * @param killOthers ends other processes at the same time
     */
    async restart(killOthers?: () => Promise<void>): Promise<void> {
      await Promise.all([server.end('SIGKILL'), killOthers?.()]);
      server = await server.restart();
      api = createApiWorkspace(server, workspaceId);
    },

    /**
     * Expects that the next run finishes what a run left, and that every row up to the last one is there once.
     * @param nextId the next run, if it was started already
     */
    async expectFinished(name: string, leftBy: string, last: number, nextId?: string): Promise<void> {
      const next = await finish(nextId ?? (await start(name)));
      expect(next.status, next.lines.join('\n')).toBe('completed');
      const isReplaced = name.includes('replace');
      expect(next.asked).toEqual([`asked after ${isReplaced ? 0 : last - 3}`]);
      expect(next.lines.at(-1)).toBe(loadedLine(isReplaced ? 3 : last));
      expect(next.lines.join('\n')).toMatch(
        /Finished the load package .* of the pipeline .*, extracted by run \d+ of jobs\./,
      );
      expect(await list({ job_run_id: leftBy })).toEqual([
        expect.objectContaining({
          state: 'finished',
          ended_by: expect.objectContaining({ id: next.id }) as object,
        }),
      ]);
    },

    async remove(): Promise<void> {
      await server.remove();
      await postgres.stop();
    },
  };
}

/** What a run prints if each row up to the last one is there once. */
export function loadedLine(last: number): string {
  const ids = Array.from({ length: last }, (_, index) => index + 1);
  return `loaded [${ids.join(', ')}] True [${2 * last}, ${last}]`;
}
