import { once } from 'node:events';
import { readdir, readFile, stat } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import type { Executor } from '../executor.ts';
import { connectToAttempt } from './connect-to-attempt.ts';
import { describeResolver, listForwardedPorts } from './isolated-network.ts';
import { locateAttemptFolder } from './attempt-folder.ts';
import { createAttemptRoutes, type AttemptRoutes } from './testing/attempt-routes.ts';
import { greetAt } from './testing/listeners.ts';
import { serveAttempt } from './testing/served-attempt.ts';
import {
  buildEmptyEnvironment,
  createDataDir,
  createTestExecutor,
  INSTALLATION_ID,
  TEST_UID,
} from './testing/machine.ts';
import { findTool } from './tool-lookup.ts';
import { findFreePort } from '@pumphouse/testing/fixtures/free-port.ts';
import { isRoot, lacks } from '@pumphouse/testing/fixtures/requirements.ts';

const WAIT = { timeout: 120_000, interval: 20 };
const PIECE_BYTES = 3_000_000;
const hasPasta = findTool('pasta', { env: process.env }) !== null;

/** An app that first reports what it can reach, then echoes to every client. */
const APP = `
import json, os, socket, sys, threading, urllib.request

def reach(host, port):
    try:
        with socket.create_connection((host, port), 3) as connection:
            return connection.recv(100).decode()
    except OSError as error:
        return type(error).__name__

def tell_beacon():
    request = urllib.request.Request(os.environ["RUNTIME__DLTHUB_DSN"] + "/state", b"{}", method="PUT")
    return urllib.request.urlopen(request).status

listener = socket.create_server(("0.0.0.0", int(os.environ["APP_PORT"])))
report = {
    "reached": {f"{host}:{port}": reach(host, port) for host, port in json.loads(os.environ["TARGETS"])},
    "beacon": tell_beacon(),
    "resolver": open("/etc/resolv.conf").read().splitlines()[0],
    "uid": os.getuid(),
}

def echo(connection):
    while piece := connection.recv(65536):
        connection.sendall(piece)
    connection.shutdown(socket.SHUT_WR)

def serve():
    while True:
        threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()

threading.Thread(target=serve, daemon=True).start()
urllib.request.urlopen(os.environ["REPORT_URL"], json.dumps(report).encode())
sys.exit(int(urllib.request.urlopen(os.environ["STARTED_URL"]).read()))
`;

describe('listForwardedPorts', () => {
  it.each([
    ['http://127.0.0.1:8080', [8080]],
    ['http://localhost', [80]],
    ['https://127.0.0.1', [443]],
    ['https://pumphouse.example.com', []],
    ['http://10.1.2.3:8080', []],
  ])('returns %s as %j', (url, ports) => {
    expect(listForwardedPorts(url)).toEqual(ports);
  });
});

it('names are resolved inside as outside, through another resolver', () => {
  const machines = 'nameserver 127.0.0.53\n# search nothing\nsearch a.example b.example\noptions ndots:2\n';
  expect(describeResolver(machines)).toBe(
    'nameserver 10.0.2.3\nsearch a.example b.example\noptions ndots:2\n',
  );
});

let dataDir: { path: string; remove: () => Promise<void> };
let routes: AttemptRoutes;
let executor: Executor;
let environment: EnvironmentLocation;
let handles: AttemptHandle[] = [];
let servers: Server[] = [];

beforeAll(async () => {
  dataDir = await createDataDir();
  routes = await createAttemptRoutes();
  executor = createTestExecutor(dataDir.path);
  environment = await buildEmptyEnvironment(executor);
});

afterEach(async () => {
  for (const handle of handles) {
    await executor.stop(handle, { graceSeconds: 0 });
    await executor.remove(handle);
  }
  handles = [];
  for (const server of servers) server.close();
  servers = [];
});

afterAll(async () => {
  await routes.close();
  await dataDir.remove();
});

function createSpec(variables: Record<string, string> = {}): AttemptSpec {
  const origin = { routes, url: routes.url, environment, installationId: INSTALLATION_ID, uid: TEST_UID };
  const spec = serveAttempt(origin, { program: APP, variables: { TARGETS: '[]', ...variables } });
  return { ...spec, limits: { ...spec.limits, processes: 64 }, network: 'isolated' };
}

/** Greets each client. */
async function listen(host: string): Promise<number> {
  const { server, port } = await greetAt(host);
  servers.push(server);
  return port;
}

interface App {
  spec: AttemptSpec;
  handle: AttemptHandle;
  folder: string;
  port: number;
  report: { reached: Record<string, string>; beacon: number; resolver: string; uid: number };
}

async function startApp(targets: [string, number][] = []): Promise<App> {
  const port = await findFreePort();
  const spec = createSpec({ APP_PORT: String(port), TARGETS: JSON.stringify(targets) });
  const handle = await executor.start(spec);
  handles.push(handle);
  const report = (await routes.awaitReport(spec.attemptId)) as App['report'];
  return { spec, handle, folder: locateAttemptFolder(dataDir.path, spec.attemptId).path, port, report };
}

async function canConnect(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Running processes with the attempt's mark, including pasta and the ingress helper. */
async function listMarked({ spec }: App): Promise<string[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const variables = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
      const marked = variables.split('\0').includes(`PUMPHOUSE_ATTEMPT_ID=${spec.attemptId}`);
      return marked ? readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '') : '';
    }),
  );
  return found
    .filter((commandLine) => commandLine !== '')
    .map((commandLine) => commandLine.replaceAll('\0', ' '));
}

const machineAddresses = Object.values(networkInterfaces())
  .flat()
  .filter((one) => (one !== undefined && one.scopeid !== undefined ? one.scopeid === 0 : true))
  .map((one) => one?.address ?? '');
describe.skipIf(lacks('pasta', hasPasta))('an attempt with a network of its own', () => {
  it('can be reached through its ingress socket, and at no address of the machine', async () => {
    const { folder, port } = await startApp();
    const socket = await connectToAttempt(folder, port);
    const sent = Buffer.alloc(PIECE_BYTES, 'abc');
    socket.end(sent);
    expect((await buffer(socket)).equals(sent)).toBe(true);
    const reached = await Promise.all(machineAddresses.map((address) => canConnect(address, port)));
    expect(machineAddresses.length).toBeGreaterThan(0);
    expect(reached).toEqual(machineAddresses.map(() => false));
    await expect(connectToAttempt(folder, await findFreePort())).rejects.toThrow('Nothing listens on port');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it("cannot reach the machine's loopback except its telemetry and its server", async () => {
    const closed = await listen('127.0.0.1');
    const everywhere = await listen('0.0.0.0');
    const hosts = ['127.0.0.1', '::1', '10.0.2.2', '10.0.2.3', '10.0.2.100'];
    const targets = [closed, everywhere].flatMap((port) =>
      hosts.map((host): [string, number] => [host, port]),
    );
    const { report } = await startApp(targets);
    expect(Object.keys(report.reached)).toHaveLength(10);
    expect(Object.values(report.reached)).not.toContain('hello');
    // The report itself arrived at a loopback listener: the server of the attempt.
    expect(report.beacon).toBe(200);
    expect(report.resolver).toBe('nameserver 10.0.2.3');
    expect(report.uid).toBe(isRoot ? TEST_UID : process.getuid?.());
  });

  it('is reported as available by probe()', async () => {
    expect((await executor.probe()).detail).toContain('Runs have their own networks');
    expect(executor.capabilities().interactive).toBe(true);
  });

  it('ends together with its helpers, which are not reported as orphaned', async () => {
    const app = await startApp();
    const { attemptId } = app.spec;
    const before = (await listMarked(app)).join('\n');
    expect(before).toContain('--tcp-ns');
    expect(before).toContain('/ingress/__main__.py');
    await routes.awaitUserCode(attemptId);
    routes.finish(attemptId, 0);
    await expect.poll(async () => (await executor.inspect(app.handle)).state, WAIT).toBe('exited');
    expect(await listMarked(app)).toEqual([]);
    const spool = Buffer.from((await executor.readSpool(app.handle, 0, 1_000_000)) ?? []).toString('utf8');
    const records = spool
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string });
    expect(records.map(({ kind }) => kind)).toEqual(['started', 'beacon', 'exit']);
    expect(records.at(-1)).toMatchObject({ code: 0, killed_descendants: 0 });
  });

  it('is stopped together with its helpers', async () => {
    const app = await startApp();
    await executor.stop(app.handle, { graceSeconds: 0 });
    expect(await listMarked(app)).toEqual([]);
    expect(await executor.inspect(app.handle)).toMatchObject({ state: 'exited' });
  });

  it('leaves nothing when its bootstrap is killed, with or without a later inspection', async () => {
    const app = await startApp();
    process.kill(Number(app.handle.data['pid']), 'SIGKILL');
    await expect.poll(() => listMarked(app), WAIT).toEqual([]);
    expect(await executor.inspect(app.handle)).toMatchObject({ state: 'missing' });
  });
});

describe('a machine without a working pasta', () => {
  it('rejects an attempt that needs it, and says what to install', async () => {
    const other = createTestExecutor(dataDir.path, { pastaPath: null });
    expect(other.capabilities().interactive).toBe(false);
    const failure = other.start(createSpec());
    await expect(failure).rejects.toMatchObject({ name: 'ExecutorError', kind: 'config' });
    await expect(failure).rejects.toThrow('apt-get install passt');
    expect((await other.probe()).detail).toContain('apt-get install passt');
  });

  it('rejects it without a sandbox too', async () => {
    const other = createTestExecutor(dataDir.path, { bwrapPath: null, allowUnisolated: true });
    expect(other.capabilities().interactive).toBe(false);
    await expect(other.start(createSpec())).rejects.toThrow('apt-get install bubblewrap');
  });

  it('ends the run with network_failed if pasta fails', async () => {
    const other = createTestExecutor(dataDir.path, { pastaPath: '/bin/false' });
    const handle = await other.start(createSpec());
    handles.push(handle);
    await expect.poll(async () => (await other.inspect(handle)).state, WAIT).toBe('exited');
    const spool = await readFile(join(String(handle.data['folder']), 'spool'), 'utf8');
    expect(JSON.parse(spool)).toMatchObject({ kind: 'exit', reason: { code: 'network_failed' } });
  });
});
