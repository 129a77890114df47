/** Attacks by runs and builds that try to reach listeners on the machine, or to impersonate them. */
import { connect, type Server } from 'node:net';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import type { Executor } from '../executor.ts';
import { findFreePort } from '../../../../../testing/fixtures/free-port.ts';
import { createAttemptRoutes, type AttemptRoutes } from './testing/attempt-routes.ts';
import { createBuildSite, type BuildSite } from './testing/build-site.ts';
import {
  greetAt,
  listListeningPorts,
  listMachineAddresses,
  reachAll,
  type Target,
} from './testing/listeners.ts';
import { buildEmptyEnvironment, createTestExecutor, INSTALLATION_ID, TEST_UID } from './testing/machine.ts';
import type { ProcessExecutorOptions } from './process-backend.ts';
import { serveAttempt } from './testing/served-attempt.ts';

const SCAN = `
import json, os, sys, urllib.request
from urllib.parse import urlsplit
${reachAll}
beacon = urlsplit(os.environ["RUNTIME__DLTHUB_DSN"]).port
targets = [target for target in json.loads(os.environ["TARGETS"]) if target[1] != beacon]
urllib.request.urlopen(os.environ["REPORT_URL"], json.dumps(reach_all(targets)).encode())
sys.exit(int(urllib.request.urlopen(os.environ["STARTED_URL"]).read()))
`;

/**
 * Listens on the server's port, to catch clients that resolve localhost to ::1 or call while the server is
 * down.
 */
const SQUAT = `
import json, os, socket, sys, urllib.request
from urllib.parse import urlsplit
port = urlsplit(os.environ["REPORT_URL"]).port
held, refused = [], []
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    squatter = socket.socket(family)
    squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    for number in (port, int(os.environ["OTHER_PORT"])):
        try:
            listener = socket.socket(family)
            listener.bind((host, number))
            listener.listen()
            held.append(listener)
        except OSError as error:
            refused.append(f"{host} {number}")
name = socket.socket(socket.AF_UNIX)
name.bind("\\0" + os.environ["ABSTRACT_NAME"])
name.listen()
urllib.request.urlopen(os.environ["REPORT_URL"], json.dumps(len(held)).encode())
sys.exit(int(urllib.request.urlopen(os.environ["STARTED_URL"]).read()))
`;

let site: BuildSite;
let routes: AttemptRoutes;
let environment: EnvironmentLocation;
const started: { executor: Executor; handle: AttemptHandle }[] = [];
const servers: Server[] = [];

beforeAll(async () => {
  site = await createBuildSite();
  routes = await createAttemptRoutes();
  environment = await buildEmptyEnvironment(site.executor);
});

afterEach(async () => {
  for (const { executor, handle } of started.splice(0)) {
    await executor.stop(handle, { graceSeconds: 0 });
    await executor.remove(handle);
  }
  for (const server of servers.splice(0)) server.close();
});

afterAll(async () => {
  await routes.close();
  await site.remove();
});

async function listen(host: string): Promise<number> {
  const { server, port } = await greetAt(host);
  servers.push(server);
  return port;
}

/** Every port with a listener on this machine, combined with each of its addresses. */
async function listTargets(): Promise<Target[]> {
  for (const host of ['127.0.0.1', '::1', '0.0.0.0', '::']) await listen(host);
  const ports = listListeningPorts();
  return listMachineAddresses().flatMap((host) => ports.map((port): Target => [host, port]));
}

/** Starts a batch run of the program and returns its report. */
async function report(
  program: string,
  variables: Record<string, string>,
  overrides: Partial<ProcessExecutorOptions> = {},
): Promise<unknown> {
  const executor = createTestExecutor(site.dataDir, overrides);
  const origin = { routes, url: routes.url, environment, installationId: INSTALLATION_ID, uid: TEST_UID };
  const spec = serveAttempt(origin, { program, variables });
  started.push({ executor, handle: await executor.start(spec) });
  return routes.awaitReport(spec.attemptId);
}

const scan = async (targets: Target[], overrides?: Partial<ProcessExecutorOptions>): Promise<string[]> =>
  (await report(SCAN, { TARGETS: JSON.stringify(targets) }, overrides)) as string[];

/** Hosts of the targets with this port. */
const hostsReached = (reached: string[], port: number): string[] =>
  reached.filter((one) => one.endsWith(` ${port}`)).map((one) => one.split(' ')[0] ?? '');

describe('a batch run', () => {
  it('reaches no listener on its machine except its server and its telemetry', async () => {
    const targets = await listTargets();
    const serverPort = Number(new URL(routes.url).port);
    expect(targets.length).toBeGreaterThan(50);
    const reached = await scan(targets);
    expect(reached.filter((one) => !one.endsWith(` ${serverPort}`))).toEqual([]);
    // Forwarded ports appear on the run's own loopback.
    expect(hostsReached(reached, serverPort)).toContain('127.0.0.1');
  });

  it('impersonates no listener: it listens in its own network', async () => {
    const serverPort = Number(new URL(routes.url).port);
    const other = await findFreePort();
    const abstractName = `pumphouse-test-${process.pid}`;
    const held = await report(SQUAT, { OTHER_PORT: String(other), ABSTRACT_NAME: abstractName });
    expect(held).toBeGreaterThan(0);
    for (const [host, port] of [
      ['::1', serverPort],
      ['127.0.0.1', other],
      ['::1', other],
    ] satisfies Target[]) {
      await expect(once(connect({ host, port }), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
    // A restarted server can still bind the port.
    const returned = createServer().listen(other, '127.0.0.1');
    servers.push(returned);
    await once(returned, 'listening');
    await expect(once(connect({ path: `\0${abstractName}` }), 'connect')).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('reaches the loopback ports opened by a setting, and no others', async () => {
    const [open, closed] = [await listen('127.0.0.1'), await listen('127.0.0.1')];
    const targets = [open, closed].flatMap((port) =>
      ['127.0.0.1', 'localhost'].map((host): Target => [host, port]),
    );
    const reached = await scan(targets, {
      runsNetwork: { isShared: false, loopbackPorts: [open], closedNetworks: [] },
    });
    expect(hostsReached(reached, open)).toEqual(['127.0.0.1', 'localhost']);
    expect(hostsReached(reached, closed)).toEqual([]);
  });

  it("shares the machine's network if a setting says so", async () => {
    const port = await listen('127.0.0.1');
    const shared = { runsNetwork: { isShared: true, loopbackPorts: [], closedNetworks: [] } };
    expect(await scan([['127.0.0.1', port]], shared)).toEqual([`127.0.0.1 ${port}`]);
    const probe = await createTestExecutor(site.dataDir, { ...shared, pastaPath: null }).probe();
    expect(probe).toMatchObject({
      ok: true,
      detail: expect.stringContaining('NOT kept from programs that listen'),
    });
  });

  it('is rejected if it cannot have its own network, and so is a build', async () => {
    const other = createTestExecutor(site.dataDir, { pastaPath: null });
    const refusal = { name: 'ExecutorError', kind: 'config', message: expect.stringContaining('passt') };
    await expect(report(SCAN, {}, { pastaPath: null })).rejects.toMatchObject(refusal);
    await expect(other.buildEnvironment(site.createSpec([]), () => undefined)).rejects.toMatchObject(refusal);
    expect(await other.probe()).toMatchObject({
      ok: false,
      detail: expect.stringContaining('PUMPHOUSE_RUNS_NETWORK=shared'),
    });
  });
});

it('a build whose network cannot be created fails with an error unrelated to its requirements', async () => {
  const broken = site.createExecutor({ pastaPath: '/bin/false' });
  await site.index.addWheel('any-package');
  const failure = broken.buildEnvironment(site.createSpec(['any-package']), () => undefined);
  await expect(failure).rejects.toMatchObject({
    code: 'builder_failed',
    message: expect.stringContaining('/dev/net/tun'),
  });
});

describe('the code of a package during its build', () => {
  it('reaches no listener on the machine except ports opened by a setting', async () => {
    const targets = await listTargets();
    const indexPort = Number(new URL(site.index.url).port);
    await site.index.addSource(
      'scanning-package',
      `${reachAll}
raise SystemExit("reached=" + ",".join(reach_all(${JSON.stringify(targets)})) + ";")`,
    );
    const failure: unknown = await site.executor
      .buildEnvironment(site.createSpec(['scanning-package']), () => undefined)
      .catch((error: unknown) => error);
    const reached = /reached=([^;]*);/.exec(String(failure))?.[1]?.split(',') ?? ['no answer'];
    expect(reached.filter((one) => !one.endsWith(` ${indexPort}`))).toEqual([]);
    expect(hostsReached(reached, indexPort)).toContain('127.0.0.1');
  });
});
