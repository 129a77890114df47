import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askApp, awaitApp, defineAppJob, findApp } from '../../fixtures/app-site.ts';
import { createApiWorkspace, type ApiWorkspace } from '../../fixtures/api-workspace.ts';
import { createWorkspace, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { startTestServer, type TestServer } from '../../fixtures/server.ts';

/** Shows its version and the port of its environment; `/die` ends it. */
const program = (version: string) => `
import http.server, os, sys

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die":
            os._exit(3)
        body = f"${version} {self.path}".encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

print("listening as ${version}", flush=True)
http.server.ThreadingHTTPServer(("0.0.0.0", 5000), Answer).serve_forever()
`;

let server: TestServer;
let api: ApiWorkspace;
beforeAll(async () => {
  server = await startTestServer();
  api = createApiWorkspace(server, await createWorkspace(server, 'apps'));
  await deploy('one');
});
afterAll(() => server.remove());

const jobs = [defineAppJob('page', 'module'), defineAppJob('brief', 'module', { idleSeconds: 15 })];

async function deploy(version: string): Promise<void> {
  await deployWorkspace(server, api.id, {
    files: { 'page.py': program(version), 'brief.py': program(version) },
    jobs,
  });
}

const ask = async (jobRef: string, path = '/') =>
  askApp(await findApp(server, api, jobRef), path, { key: server.key });

/** The response of an app, which may still be starting. */
async function awaitAnswer(jobRef: string, text: string): Promise<void> {
  await expect.poll(async () => (await ask(jobRef)).text()).toBe(text);
}

describe('an app', () => {
  it('is started once by its first visitor, and responds', async () => {
    expect(await findApp(server, api, 'jobs.page')).toMatchObject({ state: 'stopped', job_run: null });
    await Promise.all(Array.from({ length: 20 }, () => ask('jobs.page')));
    await awaitAnswer('jobs.page', 'one /');
    const app = await findApp(server, api, 'jobs.page');
    expect(app).toMatchObject({ state: 'ready', job_run: { status: 'running' }, idle_seconds: 1800 });
    expect(await api.listRuns('jobs.page')).toHaveLength(1);
    expect(await (await ask('jobs.page', '/a%20b?c=d')).text()).toBe('one /a%20b?c=d');
  });

  it('is replaced by a new deployment without a gap', async () => {
    await awaitAnswer('jobs.page', 'one /');
    const old = (await findApp(server, api, 'jobs.page')).job_run?.id ?? '';
    await deploy('two');
    const seen = new Set<string>();
    await expect
      .poll(async () => {
        const answer = await ask('jobs.page');
        seen.add(`${answer.status} ${await answer.text()}`);
        return seen.has('200 two /');
      })
      .toBe(true);
    expect([...seen].toSorted()).toEqual(['200 one /', '200 two /']);
    expect(await api.awaitEnd(old)).toMatchObject({ status: 'completed' });
  });

  it('is stopped when unused, and started by the next visit', async () => {
    await ask('jobs.brief');
    await awaitAnswer('jobs.brief', 'two /');
    // Its app may have been stopped meanwhile.
    const [run] = await api.listRuns('jobs.brief');
    expect(await api.awaitEnd(run?.id ?? '')).toMatchObject({ status: 'completed' });
    await awaitApp(server, api, 'jobs.brief', ({ state }) => state === 'stopped');
    await awaitAnswer('jobs.brief', 'two /');
  });

  it('is stopped when its job is archived, and no longer available to visitors', async () => {
    await awaitAnswer('jobs.brief', 'two /');
    const archived = await findApp(server, api, 'jobs.brief');
    const { job_run: run, job_id: jobId } = archived;
    await server.client.call('archive_job', { params: { workspace_id: api.id, job_id: jobId } });
    expect(await api.awaitEnd(run?.id ?? '')).toMatchObject({ status: 'completed' });
    const answer = await askApp(archived, '/', { key: server.key });
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { detail: expect.stringContaining('is archived') },
    ]);
  });

  it('that dies is not restarted at once, and shows why', async () => {
    await awaitAnswer('jobs.page', 'two /');
    const died = await ask('jobs.page', '/die');
    expect(died.status).toBe(502);
    // A visit after the delay starts it again, so each of these visits would end it again.
    await expect
      .poll(async () => (await ask('jobs.page', '/die')).json())
      .toMatchObject({ detail: expect.stringContaining('exit code 3') });
    const app = await awaitApp(server, api, 'jobs.page', ({ state }) => state === 'failed');
    expect(app.failure).toMatchObject({ detail: 'The run ended with exit code 3.' });
    await awaitAnswer('jobs.page', 'two /');
  });
});
