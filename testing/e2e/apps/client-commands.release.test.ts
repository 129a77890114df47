import type { Browser, Page } from 'playwright-core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, type ApiWorkspace } from '../../fixtures/api-workspace.ts';
import { createPerson } from '../../fixtures/agree-to-sign-in.ts';
import { createSignInClient, type SignInClient } from '../../fixtures/sign-in-client.ts';
import { findApp } from '../../fixtures/app-site.ts';
import { launchBrowser } from '../../fixtures/browser.ts';
import { ownerEmail, startTestServer, type TestServer } from '../../fixtures/server.ts';
import { prepareDltClient, type ClientResult } from '../../fixtures/dlt-client.ts';

const deployment = `
"""What a shop has: a board, and a job that loads orders."""
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dlt.hub.run import interactive, job

__all__ = ["board", "load"]


class Orders(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<h1>300 orders</h1>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@interactive
def board(run_context):
    ThreadingHTTPServer(("0.0.0.0", run_context["run_args"]["port"]), Orders).serve_forever()


@job
def load():
    print("orders are loaded")
`;

const boardRef = 'jobs.__deployment__.board';

let server: TestServer;
let parentFolder: string;
let browser: Browser;
let client: SignInClient;
let api: ApiWorkspace;

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  const install = await prepareDltClient();
  server = await startTestServer();
  browser = await launchBrowser();
  const files = {
    '__deployment__.py': deployment,
    '.dlt/access.config.toml': '',
    '.dlt/prod.config.toml': '',
  };
  client = await createSignInClient({ install, server, parentFolder, name: 'shop' }, files);
  await signIn();
  await dlthub('workspace', 'connect', 'shop', '--create');
  await dlthub('deploy');
  const [workspace] = (await server.client.call('list_organizations', { query: {} })).items;
  const me = await server.client.call('get_organization_me', {
    params: { organization_id: workspace?.id ?? '' },
  });
  const shop = me.workspace_memberships?.find((membership) => membership.workspace.name === 'shop');
  api = createApiWorkspace(server, shop?.workspace.id ?? '');
});
afterAll(async () => {
  await browser.close();
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

/** The owner signs in at the client. */
async function signIn(): Promise<void> {
  const person = await createPerson(ownerEmail);
  const told = await dlthub('login', '--device');
  await person.agree(/Please open (\S+) and/.exec(told)?.[1] ?? '');
  await dlthub('login', '--resume', /dlthub login --resume (\S+)/.exec(told)?.[1] ?? '');
  await person.close();
}

const outputOf = ({ stdout, stderr }: ClientResult) => stdout + stderr;

/**
 * Runs a command that succeeds.
 * @returns its output
 */
async function dlthub(...args: string[]): Promise<string> {
  const result = await client.run(args, { desktop: true });
  if (result.code !== 0) throw new Error(`dlthub ${args.join(' ')}: ${outputOf(result)}`);
  return outputOf(result);
}

/**
 * Runs a command that is rejected.
 * @returns the reason
 */
async function refused(...args: string[]): Promise<string> {
  const result = await client.run(args);
  expect(result.code).not.toBe(0);
  return outputOf(result);
}

/** A page of a browser without a session. */
const newPage = async () => (await browser.newContext()).newPage();

const seesOrders = (page: Page) => page.getByText('300 orders').waitFor({ timeout: 300_000 });

describe('dlthub serve', () => {
  it('starts an app and opens it with a single-use code', async () => {
    const output = await dlthub('serve', 'board');
    const { url } = await findApp(server, api, boardRef);
    expect(output).toContain(`Opening ${url}\n`);
    const opened = await client.openedUrl();
    expect(opened.startsWith(`${url}?swap=`)).toBe(true);
    const page = await newPage();
    await page.goto(opened);
    await seesOrders(page);
    expect(page.url()).toBe(`${url}/`);
    const other = await newPage();
    await other.goto(opened);
    await other.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(other.url()).not.toContain('swap');
  });

  it('shows where a running app is, and starts no other', async () => {
    const runs = await api.listRuns(boardRef);
    const output = await dlthub('serve', 'board');
    expect(output).toContain((await findApp(server, api, boardRef)).url);
    expect(await api.listRuns(boardRef)).toEqual(runs);
  });

  it('rejects a job that is not interactive, and names the command that runs it', async () => {
    const output = await refused('serve', 'load');
    expect(output).toContain('batch (not allowed here)');
    expect(output).toContain('Use the `run` command instead');
    expect(await api.listRuns('jobs.__deployment__.load')).toEqual([]);
  });
});

describe('dlthub job publish', () => {
  it('prints a link that anyone can open, which unpublish revokes', async () => {
    const link = /enabled successfully: (\S+)/.exec(await dlthub('job', 'publish', 'board'))?.[1] ?? '';
    const page = await newPage();
    await page.goto(link);
    await seesOrders(page);
    expect(await dlthub('job', 'publish', 'board')).toContain(`already enabled: ${link}`);

    expect(await dlthub('job', 'unpublish', 'board')).toContain('disabled successfully');
    expect((await page.goto(link))?.status()).toBe(404);
    await page.getByRole('heading', { name: 'This link is not valid' }).waitFor();
    expect(await dlthub('job', 'unpublish', 'board')).toContain('already disabled');
    expect(await dlthub('job', 'publish', 'board')).not.toContain(link);
    expect(await dlthub('job', 'publish', 'board', '--cancel')).toContain('disabled successfully');
  });

  it('rejects a job that is not interactive', async () => {
    expect(await refused('job', 'publish', 'load')).toContain('Only interactive jobs have an address');
  });
});

it('dlthub dashboard prints a URL that leads to the dashboard', async () => {
  const output = await dlthub('dashboard');
  const { url } = await findApp(server, api, 'jobs.workspace.dashboard');
  expect(output).toContain(url);
  expect(output).not.toContain('swap');
  const page = await newPage();
  await page.goto(url);
  expect(new URL(page.url()).origin).toBe(server.url);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});
