import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployBenchWorkspace, type BenchWorkspace } from './bench-workspace.ts';
import { prepareDltClient, type DltClientInstall } from '../fixtures/dlt-client.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

/** A server with what the benchmark runs deployed, its environments built. */
export interface BenchPlace {
  server: TestServer;
  install: DltClientInstall;
  /** Scripts that print the time; duckdb is installed with them. */
  scripts: BenchWorkspace;
  /** A job that may run any number of times at once. */
  together: BenchWorkspace;
  remove(): Promise<void>;
}

export async function createBenchPlace(): Promise<BenchPlace> {
  const parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-'));
  const install = await prepareDltClient();
  const first = await startTestServer({ PUMPHOUSE_ALLOW_UNISOLATED: '1' });
  // The first start after a change of the code compiles it, and keeps the memory of that.
  await first.end('SIGTERM');
  const server = await first.restart();
  const remove = async () => {
    await server.remove();
    await rm(parentFolder, { recursive: true, force: true });
  };
  const place = { install, server, parentFolder };
  try {
    const scripts = await deployBenchWorkspace(place, {
      name: 'scripts',
      requirements: 'dlt[duckdb]==1.31.0',
      firstJob: 'nothing',
    });
    const together = await deployBenchWorkspace(place, {
      name: 'together',
      requirements: 'dlt==1.31.0',
      firstJob: 'together',
    });
    return { server, install, scripts, together, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
