import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployBenchWorkspace, workspaces, type BenchWorkspace } from './bench-workspace.ts';
import { prepareDltClient, type DltClientInstall } from '../fixtures/dlt-client.ts';
import type { TestServer } from '../fixtures/server.ts';
import { startBenchServer } from './bench-server.ts';
import { countingVariables, readStatementCount } from './statement-count.ts';

/** A server with the benchmark's workspaces deployed and their environments built. */
export interface BenchFixture {
  server: TestServer;
  install: DltClientInstall;
  /** Scripts that print the time; duckdb is installed with them. */
  scripts: BenchWorkspace;
  /** A job without a concurrency limit. */
  together: BenchWorkspace;
  /** Reads how many statements the server has sent to Postgres. */
  countStatements(): Promise<number>;
  remove(): Promise<void>;
}

/** @param variables further settings of the server */
export async function createBenchFixture(variables: Record<string, string> = {}): Promise<BenchFixture> {
  const parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-'));
  const install = await prepareDltClient();
  const counterSocket = join(parentFolder, 'statements.sock');
  const server = await startBenchServer({
    PUMPHOUSE_ALLOW_UNISOLATED: '1',
    ...countingVariables(counterSocket),
    ...variables,
  });
  const remove = async () => {
    await server.remove();
    await rm(parentFolder, { recursive: true, force: true });
  };
  const context = { install, server, parentFolder };
  try {
    const scripts = await deployBenchWorkspace(context, workspaces.scripts);
    const together = await deployBenchWorkspace(context, workspaces.together);
    const countStatements = () => readStatementCount(counterSocket);
    return { server, install, scripts, together, countStatements, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
