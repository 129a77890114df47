/** Runs and builds in containers that try to connect to services of the engine's machine. */
import type { Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findInstalledEngines } from '../../../../../testing/fixtures/container-engine.ts';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import {
  greetAt,
  listListeningPorts,
  listMachineAddresses,
  reachAll,
  type Target,
} from '../process/testing/listeners.ts';
import { createPackageIndex, type PackageIndex } from '../process/testing/package-index.ts';
import type { DockerExecutorOptions } from './docker-backend.ts';
import type { DockerExecutor } from './docker-executor.ts';
import { createEngineFixture, type EngineFixture } from './testing/engine-fixture.ts';

const REPORT = `
import json, os, sys, urllib.request
def report(value):
    urllib.request.urlopen(os.environ["REPORT_URL"], json.dumps(value).encode())
def wait_for_end():
    sys.exit(int(urllib.request.urlopen(os.environ["STARTED_URL"]).read()))
`;

/** Tries to connect to each target. */
const SCAN = `${REPORT}${reachAll}
report(reach_all(json.loads(os.environ["TARGETS"])))
wait_for_end()
`;

/** Keeps the bridge up. */
const STAY = `${REPORT}
report(True)
wait_for_end()
`;

describe.each(await findInstalledEngines())('from a container of %s', (kind) => {
  let context: EngineFixture;
  let index: PackageIndex;
  let environment: EnvironmentLocation;
  const servers: Server[] = [];
  const started: { executor: DockerExecutor; handle: AttemptHandle }[] = [];

  beforeAll(async () => {
    context = await createEngineFixture(kind);
    index = await createPackageIndex('0.0.0.0');
    environment = await context
      .createExecutor()
      .buildEnvironment(context.describeEnvironment(), () => undefined);
  });
  afterEach(async () => {
    for (const { executor, handle } of started.splice(0)) {
      await executor.stop(handle, { graceSeconds: 0 });
      await executor.remove(handle);
    }
    for (const server of servers.splice(0)) server.close();
  });
  afterAll(async () => {
    await index?.close();
    await context?.close();
  });

  const gateway = (): string => new URL(context.url).hostname;
  const serverPort = (): number => Number(new URL(context.url).port);
  const indexPort = (): number => Number(new URL(index.url).port);

  async function listen(host: string): Promise<number> {
    const { server, port } = await greetAt(host);
    servers.push(server);
    return port;
  }

  async function startRun(
    program: string,
    variables: Record<string, string>,
    overrides: Partial<DockerExecutorOptions> = {},
  ): Promise<unknown> {
    const executor = context.createExecutor(overrides);
    const spec = context.describeAttempt({ program, variables }, environment);
    started.push({ executor, handle: await executor.start(spec) });
    return context.routes.awaitReport(spec.attemptId);
  }

  /**
   * Every listening port of this machine at each of its addresses, including those of the bridge, which a
   * long run keeps up.
   */
  async function listTargets(): Promise<Target[]> {
    await startRun(STAY, {});
    for (const host of ['127.0.0.1', '::1', '0.0.0.0', '::']) await listen(host);
    const hosts = [...listMachineAddresses(), gateway(), 'host.containers.internal', 'host.docker.internal'];
    const ports = listListeningPorts();
    return hosts.flatMap((host) => ports.map((port): Target => [host, port]));
  }

  it('> a run reaches its server, and nothing else that listens on the machine', async () => {
    const targets = await listTargets();
    expect(targets.length).toBeGreaterThan(50);
    const reached = (await startRun(SCAN, { TARGETS: JSON.stringify(targets) })) as string[];
    // What it reaches on loopback is its own: the bootstrap's beacon.
    const ofMachine = reached.filter((one) => !/^(127\.|::1 |0\.0\.0\.0 |:: |::ffff:127\.)/.test(one));
    expect(ofMachine).toContain(`${gateway()} ${serverPort()}`);
    // The engine provides names for its machine that resolve to the same address.
    expect(ofMachine.filter((one) => !one.endsWith(` ${serverPort()}`))).toEqual([]);
  });

  it('> a run reaches the ports that a setting opens, and no others', async () => {
    const [open, closed] = [await listen('0.0.0.0'), await listen('0.0.0.0')];
    const targets = [open, closed].map((port): Target => [gateway(), port]);
    const reached = await startRun(SCAN, { TARGETS: JSON.stringify(targets) }, { openPorts: [open] });
    expect(reached).toEqual([`${gateway()} ${open}`]);
  });

  it('> a run cannot reach a port that another run listens on', async () => {
    const listening = `${REPORT}
import socket
listener = socket.create_server(("0.0.0.0", 40404))
with socket.create_connection((${JSON.stringify(gateway())}, ${serverPort()})) as question:
    own = question.getsockname()[0]
report(own)
wait_for_end()
`;
    const other = (await startRun(listening, {})) as string;
    expect(other).toMatch(/^10\./);
    const targets: Target[] = [
      [other, 40_404],
      [gateway(), serverPort()],
    ];
    const reached = await startRun(SCAN, { TARGETS: JSON.stringify(targets) });
    expect(reached).toEqual([`${gateway()} ${serverPort()}`]);
  });

  it('> code of a package that is being built reaches only what a setting opens on the machine', async () => {
    const targets = await listTargets();
    await index.addSource(
      'scanning-package',
      `${reachAll}
raise SystemExit("reached=" + ",".join(reach_all(${JSON.stringify(targets)})) + ";")`,
    );
    const variables = { UV_DEFAULT_INDEX: `http://${gateway()}:${indexPort()}/simple` };
    const failure: unknown = await context
      .createExecutor({ openPorts: [indexPort()] })
      .buildEnvironment(
        { ...context.describeEnvironment(), requirements: ['scanning-package'], variables },
        () => undefined,
      )
      .catch((error: unknown) => error);
    const reached = /reached=([^;]*);/.exec(String(failure))?.[1]?.split(',') ?? [
      `no answer: ${String(failure)}`,
    ];
    expect(reached.filter((one) => !one.endsWith(` ${indexPort()}`))).toEqual([]);
    expect(reached).toContain(`${gateway()} ${indexPort()}`);
  });
});
