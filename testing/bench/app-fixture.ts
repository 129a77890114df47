import type { Browser, BrowserContext } from 'playwright-core';
import type { TestServer } from '../fixtures/server.ts';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { awaitApp, defineAppJob, findApp } from '../fixtures/app-site.ts';
import { createApiWorkspace, type ApiWorkspace } from '../fixtures/api-workspace.ts';
import { createWorkspace, deployWorkspace } from '../fixtures/deploy-workspace.ts';
import { findFreePort } from '../fixtures/free-port.ts';
import { launchBrowser } from '../fixtures/browser.ts';
import { ownerEmail } from '../fixtures/server.ts';
import { sendSignInForm } from '../fixtures/sign-in-form.ts';
import { startBenchServer } from './bench-server.ts';

/** How a visitor reaches an app: through Pumphouse, or directly at the port of its process. */
export interface EntryPoint {
  browser: Browser;
  /** Cookies and sessions of the visitor's browser. */
  state?: Awaited<ReturnType<BrowserContext['storageState']>>;
  /** The URL for browsers. */
  address: string;
  /** The URL for programs, and the headers they send. */
  bareAddress: string;
  headers: Record<string, string>;
}

export interface AppKind {
  name: string;
  job: Record<string, unknown> & { job_ref: string };
  files: Record<string, string>;
  /** Resolves when a visitor sees the app's content. */
  see(entry: EntryPoint): Promise<void>;
}

/** A server with one app of each kind, and the same launchers without a server. */
export interface AppFixture {
  /** The app through the proxy, for a signed-in user. */
  visit(kind: AppKind): Promise<EntryPoint & { stop(): Promise<void> }>;
  /** Starts the app's launcher without the server, and waits for its port. */
  launch(kind: AppKind): Promise<EntryPoint & { end(): void }>;
  remove(): Promise<void>;
}

const requirements = ['duckdb', 'ibis-framework', 'marimo', 'pyarrow', 's3fs', 'streamlit', 'fastmcp', 'mcp'];
const patienceMs = 180_000;
/** URL of marimo's scripts, which otherwise come from a CDN. */
const bareVariables = { JOBS__NOTEBOOK__MARIMO__ASSET_URL: '', WORKSPACE__PROFILE: 'access' };

const notebook = `
import marimo
app = marimo.App()

@app.cell
def _():
    import marimo as mo
    mo.md("the notebook is open")
    return

if __name__ == "__main__":
    app.run()
`;

const board = `
import streamlit as st
if __name__ == "__main__":
    st.title("the board is open")
`;

const tools = `
from fastmcp import FastMCP
mcp = FastMCP("tools")

@mcp.tool
def orders() -> int:
    """How many orders there are."""
    return 42
`;

const service = `
import http.server
from dlt.hub.run import interactive

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the service is open")

@interactive
def serve(run_context):
    port = run_context["run_args"]["port"]
    http.server.ThreadingHTTPServer(("0.0.0.0", port), Answer).serve_forever()
`;

/** A new browser context without cache, and a text that the app shows. */
const seeText = (text: RegExp) => async (entry: EntryPoint) => {
  const context = await entry.browser.newContext({ storageState: entry.state });
  const page = await context.newPage();
  await page.goto(entry.address);
  await page.getByText(text).first().waitFor({ timeout: patienceMs });
  await context.close();
};

async function seeTools({ bareAddress, headers }: EntryPoint): Promise<void> {
  const client = new Client({ name: 'bench', version: '1' });
  const address = new URL(`${bareAddress}/mcp`);
  await client.connect(new StreamableHTTPClientTransport(address, { requestInit: { headers } }));
  await client.listTools();
  await client.close();
}

async function seeAnswer({ bareAddress, headers }: EntryPoint): Promise<void> {
  const answer = await fetch(`${bareAddress}/`, { headers });
  if (!answer.ok) throw new Error(`The service answered ${answer.status}: ${await answer.text()}`);
  await answer.text();
}

const dashboard = {
  ...defineAppJob('dashboard', 'dashboard', { interface: 'gui' }),
  entry_point: {
    module: 'dlt._workspace.helpers.dashboard.dlt_dashboard',
    function: null,
    job_type: 'interactive',
    launcher: 'dlt._workspace.deployment.launchers.dashboard',
  },
};

export const appKinds: readonly AppKind[] = [
  { name: 'dashboard of dlt', file: null, job: dashboard, code: '', see: seeText(/No pipelines found yet/) },
  {
    name: 'function',
    file: 'service',
    job: defineAppJob('service', 'job', { function: 'serve' }),
    code: service,
    see: seeAnswer,
  },
  {
    name: 'marimo',
    file: 'notebook',
    job: defineAppJob('notebook', 'marimo'),
    code: notebook,
    see: seeText(/the notebook is open/),
  },
  {
    name: 'streamlit',
    file: 'board',
    job: defineAppJob('board', 'streamlit'),
    code: board,
    see: seeText(/the board is open/),
  },
  { name: 'FastMCP', file: 'tools', job: defineAppJob('tools', 'mcp'), code: tools, see: seeTools },
].map(({ name, file, job, code, see }) => ({
  name,
  job: job as AppKind['job'],
  files: file === null ? {} : { [`${file}.py`]: code },
  see,
}));

export async function createAppFixture(): Promise<AppFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-bench-'));
  const browser = await launchBrowser();
  const server = await startBenchServer({ PUMPHOUSE_ALLOW_UNISOLATED: '1' });
  const remove = async () => {
    await browser.close();
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const api = createApiWorkspace(server, await createWorkspace(server, 'apps'));
    const files = Object.assign({}, ...appKinds.map((kind) => kind.files)) as Record<string, string>;
    await deployWorkspace(server, api.id, { files, jobs: appKinds.map(({ job }) => job), requirements });
    await writeFiles(folder, { ...files, '.dlt/.workspace': '', '.dlt/config.toml': '' });
    return {
      visit: (kind) => visit({ server, api, browser }, kind),
      launch: async (kind) => launch({ folder, browser, python: await findPython(server) }, kind),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function writeFiles(folder: string, files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

async function findPython(server: TestServer): Promise<string> {
  const folder = join(server.dataDir, 'environments');
  const [environment, ...others] = await readdir(folder);
  if (environment === undefined || others.length > 0) throw new Error('There is not one environment');
  return join(folder, environment, 'venv', 'bin', 'python');
}

async function visit(
  { server, api, browser }: { server: TestServer; api: ApiWorkspace; browser: Browser },
  { job: { job_ref: jobRef } }: AppKind,
): Promise<EntryPoint & { stop(): Promise<void> }> {
  const app = await findApp(server, api, jobRef);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(app.url);
  await sendSignInForm(page, ownerEmail);
  // By a visitor who is already admitted: the browser has its session.
  await awaitApp(server, api, jobRef, ({ state }) => state === 'ready');
  const state = await context.storageState();
  await context.close();
  return {
    browser,
    state,
    address: app.url,
    bareAddress: app.bare_url.replace('//localhost', '//127.0.0.1'),
    headers: { authorization: `Bearer ${server.key}` },
    async stop() {
      const jobRunId = (await findApp(server, api, jobRef)).job_run?.id ?? '';
      await server.client.call('cancel_job_run', { params: { workspace_id: api.id, job_run_id: jobRunId } });
      await api.awaitEnd(jobRunId);
    },
  };
}

async function launch(
  { folder, browser, python }: { folder: string; browser: Browser; python: string },
  { job }: AppKind,
): Promise<EntryPoint & { end(): void }> {
  const port = await findFreePort();
  const { launcher, ...entryPoint } = job.entry_point as { launcher: string };
  const asked = { ...entryPoint, launcher, job_ref: job.job_ref, run_args: { port }, refresh: false };
  const args = ['-u', '-m', launcher, '--run-id', randomUUID(), '--trigger', 'http:'];
  const child = spawn(python, [...args, '--entry-point', JSON.stringify(asked)], {
    cwd: folder,
    env: {
      PATH: `${dirname(python)}:${process.env.PATH}`,
      HOME: join(folder, 'home'),
      LANG: 'C.UTF-8',
      ...bareVariables,
    },
    stdio: 'ignore',
    // A separate process group that is killed as a whole, because the dashboard's launcher leaves its child
    // running.
    detached: true,
  });
  await awaitPort(port);
  const address = `http://127.0.0.1:${port}`;
  return {
    browser,
    address,
    bareAddress: address,
    headers: {},
    end: () => void process.kill(-(child.pid ?? Number.NaN), 'SIGKILL'),
  };
}

async function awaitPort(port: number): Promise<void> {
  const until = Date.now() + patienceMs;
  while (Date.now() < until) {
    const socket = connect({ host: '127.0.0.1', port });
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await delay(20);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`Nothing listens on port ${port}`);
}
