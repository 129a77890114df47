import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDockerExecutor, type DockerExecutor } from './docker-executor.ts';
import { engineAnswers } from './engine.ts';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import { ExecutorError } from '../contract/executor-error.ts';

const handle: AttemptHandle = {
  executor: 'docker',
  version: 1,
  data: { engineId: 'engine-1', attemptId: 'attempt-1', jobRunId: 'run-1' },
};

function createExecutor(socket: string): DockerExecutor {
  return createDockerExecutor({
    engine: { url: `unix://${socket}`, tls: null },
    installationId: 'installation-1',
    runnerImage: 'localhost/pumphouse-runner:{python}',
    bootstrapDir: join(import.meta.dirname, '../../../../../python/pumphouse_bootstrap'),
    imageSources: null,
    buildLimits: { memoryBytes: null, cpus: null, processes: null },
    network: { name: null, egress: true },
    openPorts: [],
    closedNetworks: [],
  });
}

let folder: string;
let socket: string;
let server: Server | null = null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'silent-engine-'));
  socket = join(folder, 'engine.sock');
});
afterEach(async () => {
  server?.close();
  server = null;
  await rm(folder, { recursive: true, force: true });
});

describe('an engine that is not running', () => {
  it('is reported as missing, with the addresses that were tried', async () => {
    const probe = await createExecutor(socket).probe();
    expect(probe).toMatchObject({ ok: false });
    expect(probe.detail).toContain(`unix://${socket} does not answer`);
    expect(await createExecutor(socket).findObstacle()).toBe(probe.detail);
    expect(await engineAnswers({ url: `unix://${socket}`, tls: null })).toBe(false);
  });

  it('makes attempts unknown, never missing, and starts fail with a temporary error', async () => {
    const executor = createExecutor(socket);
    expect(await executor.inspect(handle)).toMatchObject({ state: 'unknown' });
    await expect(executor.list()).rejects.toMatchObject({ kind: 'backend' });
    await expect(executor.stop(handle, { graceSeconds: 0 })).rejects.toBeInstanceOf(ExecutorError);
    await expect(
      executor.hasEnvironment({ executor: 'docker', path: 'environment-1' }),
    ).rejects.toMatchObject({
      kind: 'backend',
    });
  });
});

describe('an engine that accepts connections but never responds', () => {
  it('makes the readiness check time out', async () => {
    server = createServer(() => undefined).listen(socket);
    await once(server, 'listening');
    const address = { url: `unix://${socket}`, tls: null };
    const [probe, answers] = await Promise.all([createExecutor(socket).probe(), engineAnswers(address)]);
    expect(probe).toMatchObject({ ok: false });
    expect(answers).toBe(false);
  });
});
