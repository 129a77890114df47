/** dlt's artifacts of a pipeline's last run, from the runs that send them to the apps that fetch them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askApp, defineAppJob, findApp } from '../../fixtures/app-site.ts';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../../fixtures/api-workspace.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../../fixtures/deploy-workspace.ts';
import { startTestServer, type TestServer } from '../../fixtures/server.ts';

/** Loads into no database, so its runs never wait for each other. */
const load = (pipeline: string) => `
import dlt
if __name__ == "__main__":
    pipeline = dlt.pipeline("${pipeline}", destination=dlt.destinations.dummy(completed_prob=1.0))
    pipeline.run([{"id": 1}], table_name="orders")
    print("the trace is", pipeline.last_trace.transaction_id)
`;

/** An upload that fails, because a file exists where dlt would create a folder. */
const hindered = `
import os, dlt
if __name__ == "__main__":
    open(".dlt/data/prod/.artifacts/pipelines/hindered", "w").close()
    dlt.pipeline("hindered", destination=dlt.destinations.dummy(completed_prob=1.0)).run([{"id": 1}], table_name="orders")
`;

/**
 * Fetches like the dashboard, and reports which run it found for each pipeline. \`/spoil\` changes everything
 * within reach.
 */
const app = `
import http.server, json, os, pathlib, pickle, signal
from dlt._workspace.helpers.runtime.runtime_artifacts import sync_from_runtime
import dlt

def fetch():
    sync_from_runtime()
    found = {}
    for trace in sorted(pathlib.Path(".dlt/state").glob("*/pipelines/*/trace.pickle")):
        found["/".join(trace.parts[2:5:2])] = pickle.loads(trace.read_bytes()).transaction_id
    if found:
        found["attached"] = dlt.attach("shop").last_trace.transaction_id
    return found

def spoil():
    spoilt = 0
    for root in (os.environ["SYNC__ARTIFACTS__BUCKET_URL"].removeprefix("file://"), ".dlt/data/access"):
        for folder, _, names in os.walk(root, followlinks=True):
            for name in names:
                pathlib.Path(folder, name).write_text("spoilt")
                spoilt += 1
    return spoilt

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(spoil() if self.path == "/spoil" else fetch()).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
http.server.ThreadingHTTPServer(("0.0.0.0", 5000), Answer).serve_forever()
`;

let server: TestServer;
let api: ApiWorkspace;
beforeAll(async () => {
  server = await startTestServer();
  api = createApiWorkspace(server, await createWorkspace(server, 'artifacts'));
  await deploy({});
});
afterAll(() => server.remove());

const pipelines = ['shop', 'stock'] as const;
const apps = ['reader', 'other'];
const jobs = [
  ...[...pipelines, 'hindered'].map((name) => defineScriptJob(name)),
  ...apps.map((name) => defineAppJob(name, 'module')),
];

async function deploy(configuration: Record<string, string>): Promise<void> {
  const files = Object.fromEntries(pipelines.map((name) => [`${name}.py`, load(name)]));
  await deployWorkspace(server, api.id, {
    files: { ...files, 'hindered.py': hindered, 'reader.py': app, 'other.py': app },
    jobs,
    configuration: { 'config.toml': '', 'access.config.toml': '', ...configuration },
  });
}

/**
 * Runs a pipeline under prod.
 * @returns the id of its trace
 */
async function run(name: string): Promise<string> {
  const id = await triggerJob(server, api.id, `jobs.${name}`);
  expect(await api.awaitEnd(id)).toMatchObject({ status: 'completed' });
  return /the trace is (\S+)/.exec(joinLines(await api.readLog(id)))?.[1] ?? '';
}

/** The response of an app, which may still be starting. */
async function ask(name: string, path = '/'): Promise<unknown> {
  const found = await findApp(server, api, `jobs.${name}`);
  const answer = await askApp(found, path, { key: server.key });
  return answer.status === 200 ? answer.json() : null;
}

const awaitFetched = (name: string, wanted: object) => expect.poll(() => ask(name)).toMatchObject(wanted);

/** Under its own profile, and under the one that wrote it. */
const seen = (name: string, trace: string) => ({ [`access/${name}`]: trace, [`prod/${name}`]: trace });

describe('artifacts of runs without databases', () => {
  it('are empty before the first run, and apps handle that', async () => {
    await expect.poll(() => ask('reader')).toEqual({});
  });

  it('are fetched by an app, for pipelines that ran concurrently', async () => {
    const [shop = '', stock = ''] = await Promise.all(pipelines.map(run));
    expect(shop).not.toBe(stock);
    await awaitFetched('reader', { attached: shop, ...seen('shop', shop), ...seen('stock', stock) });
  });

  it('are those of the next run once it is over, and no app can change them for runs or other apps', async () => {
    const before = await ask('reader');
    expect(await ask('reader', '/spoil')).toBeGreaterThan(0);
    const shop = await run('shop');
    await awaitFetched('reader', { attached: shop, ...seen('shop', shop) });
    await awaitFetched('other', { ...(before as object), attached: shop, ...seen('shop', shop) });
  });

  it('that cannot be stored fail no run, and its log says so', async () => {
    await run('hindered');
    const [last] = (await api.listRuns('jobs.hindered')).slice(-1);
    expect(joinLines(await api.readLog(last?.id ?? ''))).toContain('end_trace on module');
  });

  it('go where a configuration says, and then not to the apps', async () => {
    const before = await ask('reader');
    expect(before).not.toBeNull();
    await deploy({ 'prod.config.toml': '[send.artifacts]\nbucket_url = "file:///tmp/own"\n' });
    const id = await triggerJob(server, api.id, 'jobs.shop');
    await api.awaitEnd(id);
    expect(joinLines(await api.readLog(id))).toContain('/tmp/own/shop');
    await expect.poll(() => ask('other')).toEqual(before);
  });
});
