import type { BenchWorkspace, DeployedWorkspace } from './bench-workspace.ts';
import type { DltClientInstall } from '../fixtures/dlt-client.ts';
import type { EngineKind } from '../../deploy/images/engine-command.ts';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngineRun, type EngineRun } from './engine-run.ts';
import { deployBenchWorkspace, deployWorkspace, workspaces } from './bench-workspace.ts';
import { findFreePort } from '../fixtures/free-port.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { prepareEngineImages } from '../fixtures/engine-images.ts';
import { startBenchServer } from './bench-server.ts';
import { startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import type { TestServer } from '../fixtures/server.ts';

/** The same workspace in all compared variants. */
export interface ComparedWorkspace {
  /** On the process executor, and without the server in the same environment. */
  process: BenchWorkspace;
  /** On the docker executor. */
  docker: DeployedWorkspace;
  /** In a container started with the engine's own command, in the docker executor's environment. */
  engineRun: EngineRun;
}

/** A server for each executor on one machine, with the benchmark's workspaces. */
export interface ContainerFixture {
  engine: TestEngine;
  processServer: TestServer;
  dockerServer: TestServer;
  scripts: ComparedWorkspace;
  together: ComparedWorkspace;
  remove(): Promise<void>;
}

/** Starts an engine of the kind, and the two servers. */
export async function createContainerFixture(kind: EngineKind): Promise<ContainerFixture> {
  const install = await prepareDltClient();
  await prepareEngineImages(kind);
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-'));
  const undo: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const remove = async () => {
    for (const step of undo.toReversed()) await step();
  };
  try {
    const engine = await startTestEngine(kind);
    undo.push(() => engine.close());
    const start = async (variables: Record<string, string>) => {
      const server = await startBenchServer(variables);
      undo.push(() => server.remove());
      return server;
    };
    const processServer = await start({ PUMPHOUSE_ALLOW_UNISOLATED: '1' });
    const dockerServer = await start({
      PUMPHOUSE_EXECUTOR: 'docker',
      PUMPHOUSE_ENGINE_URL: engine.url,
      PUMPHOUSE_ATTEMPTS_PORT: String(await findFreePort()),
      // measure-slots.ts measures runs in prepared containers.
      PUMPHOUSE_SLOTS_MEMORY_PERCENT: '0',
    });
    const context = { install, folder, engine, processServer, dockerServer };
    return {
      ...context,
      scripts: await deployCompared(context, 'scripts'),
      together: await deployCompared(context, 'together'),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface Servers {
  install: DltClientInstall;
  folder: string;
  engine: TestEngine;
  processServer: TestServer;
  dockerServer: TestServer;
}

async function deployCompared(
  { install, folder, engine, processServer, dockerServer }: Servers,
  name: keyof typeof workspaces,
): Promise<ComparedWorkspace> {
  const parent = async (executor: string) => {
    const path = join(folder, executor);
    await mkdir(path, { recursive: true });
    return path;
  };
  const options = workspaces[name];
  const onProcess = { install, server: processServer, parentFolder: await parent('process') };
  const onDocker = { install, server: dockerServer, parentFolder: await parent('docker') };
  const docker = await deployWorkspace(onDocker, options);
  return {
    process: await deployBenchWorkspace(onProcess, options),
    docker,
    engineRun: await createEngineRun(engine, docker),
  };
}
