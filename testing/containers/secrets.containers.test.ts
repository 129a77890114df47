import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import { findInstalledEngines, startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import { createContainerSite, neighbourScript, type ContainerSite } from './container-site.ts';
import { startPrivateIndex, type PrivateIndex } from './private-index.ts';

const secrets = {
  ofConfiguration: 'swordfish-of-a-file-5150',
  ofVariable: 'swordfish-of-a-variable-8231',
  ofIndex: 'swordfish-of-an-index-4711',
};
/** Prefix of attempt secrets. */
const attemptSecret = 'dlt_b_';
const wanted = [...Object.values(secrets), attemptSecret];

/** Searches for the secret of its attempt wherever it has access; prints nothing that would be masked. */
const spy = `
import json, os, time

import dlt

# Put together here, so that this file is not found itself.
token = b"_".join([b"dlt", b"b", b""])

def tell(path):
    try:
        with open(path, "rb") as file:
            return "has the token" if token in file.read() else "has no token"
    except OSError as error:
        return type(error).__name__

seen = {path: tell(path) for path in ("/proc/1/environ", "/proc/1/mem", "/attempt/record/start.json", "/attempt/record/redirect")}
try:
    seen["descriptors"] = os.listdir("/proc/1/fd")
except OSError as error:
    seen["descriptors"] = type(error).__name__
found = [os.path.join(folder, name) for folder, _, names in os.walk("/attempt") for name in names]
seen["files"] = [path for path in found if tell(path) == "has the token"]
seen["searched"] = any(path.endswith("/secrets.toml") for path in found)
seen["own secrets"] = [len(dlt.secrets["sources.api_key"]), len(os.environ["API_PASSWORD"])]
print(json.dumps(seen), flush=True)
while not os.path.exists("/tmp/go-on"):
    time.sleep(0.1)
`;

describe.each(await findInstalledEngines())('with %s, secrets', (kind) => {
  let engine: TestEngine;
  let site: ContainerSite;
  let workspace: ApiWorkspace;
  let index: PrivateIndex;
  let runId: string;
  let container: string;

  beforeAll(async () => {
    engine = await startTestEngine(kind);
    index = await startPrivateIndex();
    site = await createContainerSite(engine, index.settings);
    const plain = await site.deployScripts('plain', neighbourScript);
    expect(await site.run(plain, 'neighbour')).toMatchObject({ status: 'completed' });
    workspace = await site.deployScripts(
      'secrets',
      { spy },
      { configuration: { 'secrets.toml': `[sources]\napi_key = "${secrets.ofConfiguration}"\n` } },
    );
    const indexUrl = await index.describeUrl(engine, secrets.ofIndex);
    await site.server.client.call('update_workspace_variables', {
      params: { workspace_id: workspace.id },
      body: {
        profile: null,
        upserts: [
          { name: 'API_PASSWORD', type: 'secret', value: secrets.ofVariable },
          { name: 'UV_INDEX', type: 'secret', value: indexUrl },
        ],
      },
    });
    runId = await site.start(workspace, 'spy');
    await workspace.awaitLine(runId, 'own secrets');
    container = await site.findContainer(runId);
  });
  afterAll(async () => {
    await index.close();
    await site.close();
    await engine.close();
  });

  const expectNoSecret = (text: string): void => {
    for (const secret of wanted) expect(text).not.toContain(secret);
  };

  it('reach the build and the run', async () => {
    expect(index.passwords()).toContain(secrets.ofIndex);
    const seen = JSON.parse(
      (await workspace.awaitLine(runId, 'own secrets')).at(-1)?.content ?? '',
    ) as unknown;
    expect(seen).toMatchObject({
      'own secrets': [secrets.ofConfiguration.length, secrets.ofVariable.length],
    });
  });

  it('of the bootstrap are out of reach for user code', async () => {
    const seen = JSON.parse(
      (await workspace.awaitLine(runId, 'own secrets')).at(-1)?.content ?? '',
    ) as unknown;
    expect(seen).toMatchObject({
      '/proc/1/environ': 'PermissionError',
      '/proc/1/mem': 'PermissionError',
      descriptors: 'PermissionError',
      '/attempt/record/start.json': 'PermissionError',
      '/attempt/record/redirect': 'PermissionError',
      files: [],
      searched: true,
    });
  });

  it('appear in nothing that the engine shows', async () => {
    const described = await engine.call(['inspect', container]);
    expect(described).toContain('pumphouse.attempt');
    expectNoSecret(described);
    const { Image: image } = (JSON.parse(described) as [{ Image: string }])[0];
    expectNoSecret(await engine.call(['image', 'inspect', image]));
    expectNoSecret(await engine.call(['history', '--no-trunc', image]));
    const volumes = await site.listNames('volume', 'installation');
    expect(volumes.length).toBeGreaterThan(3);
    expectNoSecret(await engine.call(['volume', 'inspect', ...volumes]));
    expectNoSecret(await engine.call(['logs', container]));
    expectNoSecret(engine.log());
    expectNoSecret(site.server.log());
  });

  it('appear in no process arguments', async () => {
    const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const read = (name: string) => readFile(join('/proc', name, 'cmdline'), 'utf8').catch(() => '');
    const all = (await Promise.all(names.map(read))).join('\n');
    expect(all).toContain('pumphouse_bootstrap');
    expectNoSecret(all);
  });

  it('of a build are in no environment and no cache', async () => {
    for (const volume of [
      ...(await site.listNames('volume', 'kind=environment')),
      ...(await site.listNames('volume', 'kind=cache')),
    ]) {
      const folder = join(engine.root, 'volumes', volume, '_data');
      expect(await readdir(folder)).not.toEqual([]);
      expect(await findFilesWith(folder, 'swordfish')).toEqual([]);
    }
  });

  it('are removed with the run', async () => {
    await engine.call(['exec', container, 'touch', '/tmp/go-on']);
    const ended = await site.awaitEnd(workspace, runId);
    expect(ended.status).toBe('completed');
    expectNoSecret(ended.output + ended.remarks);
    await site.awaitNothingLeft();
  });
});

async function findFilesWith(folder: string, message: string): Promise<string[]> {
  // grep exits with 1 if it finds nothing.
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    'grep -rlF -- "$1" "$2" || [ $? = 1 ]',
    'sh',
    message,
    folder,
  ]);
  return stdout.split('\n').filter(Boolean);
}
