import type { EngineKind } from '../../deploy/images/engine-command.ts';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { prepareEngineImages } from '../fixtures/engine-images.ts';
import { findFreePort } from '../fixtures/free-port.ts';
import type { TestServer } from '../fixtures/server.ts';
import { startBenchServer } from './bench-server.ts';
import { deployWorkspace, workspaces, type DeployedWorkspace } from './bench-workspace.ts';

/** A server whose runs are containers. */
export interface ContainerServer {
  engine: TestEngine;
  server: TestServer;
  scripts: DeployedWorkspace;
}

/** Two servers on one engine. Only one of them prepares containers. */
export interface SlotFixture {
  prepared: ContainerServer;
  cold: ContainerServer;
  remove(): Promise<void>;
}

/** Starts an engine of the kind, and the two servers. */
export async function createSlotFixture(kind: EngineKind): Promise<SlotFixture> {
  await using stack = new AsyncDisposableStack();
  const install = await prepareDltClient();
  await prepareEngineImages(kind);
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const engine = await startTestEngine(kind);
  stack.defer(() => engine.close());
  const start = async (name: string, memoryPercent: string): Promise<ContainerServer> => {
    const server = await startBenchServer({
      PUMPHOUSE_EXECUTOR: 'docker',
      PUMPHOUSE_ENGINE_URL: engine.url,
      PUMPHOUSE_ATTEMPTS_PORT: String(await findFreePort()),
      PUMPHOUSE_SLOTS_MEMORY_PERCENT: memoryPercent,
    });
    stack.defer(() => server.remove());
    const parentFolder = join(folder, name);
    await mkdir(parentFolder);
    const scripts = await deployWorkspace({ install, server, parentFolder }, workspaces.scripts);
    return { engine, server, scripts };
  };
  const cold = await start('cold', '0');
  const prepared = await start('prepared', '20');
  const end = stack.move();
  return { prepared, cold, remove: () => end.disposeAsync() };
}
