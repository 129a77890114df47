import type { AttemptInspection } from '../executors/contract/attempt-runner.ts';
import type { RunsListener, RunsListenerOptions } from './runs-listener.ts';
import { execFile, spawnSync } from 'node:child_process';
import { fastify } from 'fastify';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { createRunsListener } from './runs-listener.ts';
import { lacks } from '@pumphouse/testing/fixtures/requirements.ts';
import { findFreePort } from '../../../../testing/fixtures/free-port.ts';

/** Reserved for documentation, so no machine has this address. */
const elsewhere = '192.0.2.1';
const handle = { executor: 'fake', version: 1, data: {} };
const running: AttemptInspection = { state: 'running' };

const listeners: RunsListener[] = [];
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop();
});

interface Scene {
  gateway: string | null;
  settings?: Partial<RunsListenerOptions['settings']>;
  inspection?: AttemptInspection;
}

/** A listener in a scene that the test changes over time. */
async function createListener(scene: Scene) {
  const port = await findFreePort();
  const listener = createRunsListener({
    settings: { host: null, port, url: null, engineUrl: 'unix:///engine.sock', ...scene.settings },
    findGateway: async () => scene.gateway,
    inspect: async () => scene.inspection ?? running,
    buildApi() {
      const api = fastify();
      api.get('/healthz', async () => ({ status: 'ok' }));
      return api;
    },
    closeApi: (api) => api.close(),
    log: { info: () => undefined, warn: () => undefined },
  });
  listeners.push(listener);
  await listener.start();
  return { listener, port };
}

/** Whether a server listens there. */
async function isServed(host: string, port: number): Promise<boolean> {
  return fetch(`http://${host}:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

describe('an existing address', () => {
  it('is the only one listened on, from the start', async () => {
    const { listener, port } = await createListener({ gateway: '127.0.0.1' });
    expect(await isServed('127.0.0.1', port)).toBe(true);
    expect(await isServed('127.0.0.2', port)).toBe(false);
    expect(await listener.find()).toEqual({ url: `http://127.0.0.1:${port}` });
    expect(listener.url()).toBe(`http://127.0.0.1:${port}`);
    await listener.stop();
    expect(await isServed('127.0.0.1', port)).toBe(false);
  });

  it('is given up when the network was recreated with another one', async () => {
    const scene: Scene = { gateway: '127.0.0.1' };
    const { listener, port } = await createListener(scene);
    scene.gateway = '127.0.0.2';
    expect(await listener.find()).toEqual({ url: `http://127.0.0.2:${port}` });
    expect(await isServed('127.0.0.2', port)).toBe(true);
    await expect.poll(() => isServed('127.0.0.1', port)).toBe(false);
  });

  it('stays in use while the engine does not respond', async () => {
    const scene: Scene = { gateway: '127.0.0.1' };
    const { listener, port } = await createListener(scene);
    scene.gateway = null;
    expect(await listener.find()).toEqual({ url: `http://127.0.0.1:${port}` });
    expect(await isServed('127.0.0.1', port)).toBe(true);
  });

  it('is not given to runs while another program listens there', async () => {
    const scene: Scene = { gateway: null };
    const { listener, port } = await createListener(scene);
    const other = fastify();
    await other.listen({ host: '127.0.0.1', port });
    scene.gateway = '127.0.0.1';
    expect(await listener.find()).toEqual({
      problem: expect.stringMatching(/EADDRINUSE.*PUMPHOUSE_ATTEMPTS_PORT/),
    });
    await other.close();
    await expect.poll(() => isServed('127.0.0.1', port)).toBe(true);
    expect(await listener.findProblem()).toBeNull();
  });
});

describe('an engine that does not report the gateway', () => {
  it('makes runs wait until it does', async () => {
    const scene: Scene = { gateway: null };
    const { listener, port } = await createListener(scene);
    expect(await listener.find()).toEqual({ problem: expect.stringMatching(/does not say/) });
    expect(await listener.findProblem()).toMatch(/does not say/);
    expect(listener.url()).toBeNull();
    scene.gateway = '127.0.0.1';
    expect(await listener.findProblem()).toBeNull();
    expect(await isServed('127.0.0.1', port)).toBe(true);
  });
});

describe('a missing address', () => {
  const both =
    /192\.0\.2\.1 is not an address of this machine.*PUMPHOUSE_ATTEMPTS_HOST.*PUMPHOUSE_ATTEMPTS_URL/;

  it('is given to the first run, whose start may create it', async () => {
    const { listener, port } = await createListener({ gateway: elsewhere });
    expect(await listener.find()).toEqual({ url: `http://${elsewhere}:${port}` });
    expect(await listener.findProblem()).toBeNull();
  });

  it('belongs to another machine if it is missing while a run is active', async () => {
    const { listener } = await createListener({ gateway: elsewhere });
    listener.noteStarted(handle);
    expect(await listener.findProblem()).toMatch(both);
    expect(await listener.find()).toEqual({ problem: expect.stringMatching(both) });
  });

  it.each<AttemptInspection>([
    { state: 'missing' },
    { state: 'unknown', detail: 'The engine does not answer.' },
    { state: 'exited', exit: { code: 0, signal: null, outOfMemory: null } },
  ])('may still appear if the run that was active is $state', async (inspection) => {
    const { listener, port } = await createListener({ gateway: elsewhere, inspection });
    listener.noteStarted(handle);
    expect(await listener.findProblem()).toBeNull();
    expect(await listener.find()).toEqual({ url: `http://${elsewhere}:${port}` });
  });

  it('does not matter if the URL for runs is configured', async () => {
    const url = 'http://server.example.com:9000';
    const { listener } = await createListener({ gateway: elsewhere, settings: { url } });
    listener.noteStarted(handle);
    expect(await listener.find()).toEqual({ url });
    expect(await listener.findProblem()).toBeNull();
  });

  it('is an error if it was configured', async () => {
    const { listener } = await createListener({ gateway: null, settings: { host: elsewhere } });
    listener.noteStarted(handle);
    expect(await listener.findProblem()).toMatch(
      /PUMPHOUSE_ATTEMPTS_HOST is 192\.0\.2\.1, which is not an address/,
    );
  });
});

// Without privileges this needs a user namespace, which some machines forbid.
const making = spawnSync('unshare', ['-rn', 'ip', 'link', 'add', 'name', 'bridge0', 'type', 'bridge']);
const canMakeNetworks = making.status === 0;

describe.skipIf(lacks('user namespaces with networks', canMakeNetworks))(
  'a bridge that exists only while a container is attached',
  () => {
    it('is listened on as soon as it exists, by one socket that outlives it', async () => {
      const script = fileURLToPath(new URL('./testing/bridge-that-comes-and-goes.ts', import.meta.url));
      const { stdout } = await promisify(execFile)('unshare', ['-rn', process.execPath, script]);
      const found = { url: 'http://10.89.77.1:8081' };
      expect(JSON.parse(stdout)).toEqual({
        before: { found, problem: null, isThere: false },
        firstCall: '200',
        between: { found, problem: null, isThere: false },
        secondCall: '200',
        built: 1,
      });
    });
  },
);
