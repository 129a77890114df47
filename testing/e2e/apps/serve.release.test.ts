import type { Browser, Page } from 'playwright-core';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awaitApp, findApp } from '../../fixtures/app-site.ts';
import { createClientWorkspace, type ClientWorkspace } from '../../fixtures/client-workspace.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { launchBrowser } from '../../fixtures/browser.ts';
import { sendSignInForm } from '../../fixtures/sign-in-form.ts';
import { ownerEmail, startTestServer, type TestServer } from '../../fixtures/server.ts';
import { prepareAppClient } from '../../fixtures/dlt-client.ts';

const load = `
import dlt

if __name__ == "__main__":
    count = int(open("count.txt").read())
    pipeline = dlt.pipeline("shop", destination="duckdb", dataset_name="orders")
    rows = [{"id": n, "lines": [{"sku": n}]} for n in range(count)]
    print(pipeline.run(rows, table_name="orders", write_disposition="replace"))
`;

/** Opens the database like code that knows of no other process, and tries to write to it. */
const count = `
import duckdb, os

def count_orders():
    path = os.path.join(os.getcwd(), ".dlt", "data", os.environ["WORKSPACE__PROFILE"], "shop.duckdb")
    with duckdb.connect(path) as connection:
        rows = connection.execute("select count(*) from orders.orders").fetchall()[0][0]
        connection.execute("create or replace table orders.seen as select 1 as n")
        return rows
`;

const notebook = `
import marimo
app = marimo.App()

@app.cell
def _():
    import marimo as mo
    from count import count_orders
    mo.md(f"the notebook sees {count_orders()} orders")
    return

if __name__ == "__main__":
    app.run()
`;

const board = `
import streamlit as st
from count import count_orders
if __name__ == "__main__":
    st.title(f"the board sees {count_orders()} orders")
`;

const tools = `
from fastmcp import FastMCP
from count import count_orders
mcp = FastMCP("shop")

@mcp.tool
def orders() -> int:
    """How many orders there are."""
    return count_orders()
`;

let server: TestServer;
let parentFolder: string;
let workspace: ClientWorkspace;
let browser: Browser;

beforeAll(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  const install = await prepareAppClient();
  server = await startTestServer();
  browser = await launchBrowser();
  workspace = await createClientWorkspace(
    { install, server, parentFolder, name: 'shop' },
    {
      // The dashboard of this dlt version cannot query a newer DuckDB.
      'requirements.txt': 'dlt[duckdb]==1.31.0\nduckdb<2\nmarimo\nstreamlit\nfastmcp\nmcp\n',
      '.dlt/prod.config.toml': '',
      '.dlt/access.config.toml': '',
      'count.txt': '42',
      'count.py': count,
      'load.py': load,
      'notebook.py': notebook,
      'board.py': board,
      'tools.py': tools,
    },
  );
  await workspace.dlthub(['run', 'load.py', '-f']);
});
afterAll(async () => {
  await browser.close();
  await server.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

/**
 * Runs `dlthub serve`.
 * @returns the URL that the client opens in a browser
 */
async function serve(file: string): Promise<string> {
  const opened = join(parentFolder, 'opened');
  const program = join(parentFolder, 'browser');
  await writeFile(program, `#!/bin/sh\necho "$1" > ${opened}\n`);
  await chmod(program, 0o755);
  await rm(opened, { force: true });
  await workspace.dlthub(['serve', file], { variables: { BROWSER: `${program} %s` } });
  return (await readFile(opened, 'utf8')).trim();
}

/** Opens an app's URL as a user without a session. */
async function openSignedIn(address: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(address);
  await sendSignInForm(page, ownerEmail);
  return page;
}

const sees = (page: Page, what: string) => page.getByText(what).first().waitFor({ timeout: 300_000 });

describe('a notebook served by the client', () => {
  it('shows what a run under prod loaded, and changes none of it', async () => {
    const address = await serve('notebook.py');
    const app = await findApp(server, workspace.api, 'jobs.notebook');
    expect(new URL(address).origin).toBe(app.url);
    const page = await openSignedIn(address);
    await sees(page, 'the notebook sees 42 orders');
    expect(app).toMatchObject({ profile: 'access', is_profile_fallback: false });
    await page.context().close();
    // It has written to its copy of the database.
    const again = await workspace.dlthub(['run', 'load.py', '-f']);
    expect(again).toContain('1 load package(s) were loaded');
  });

  it('sees what the next run loads, and does not block that run', async () => {
    await workspace.write({ 'count.txt': '43' });
    await workspace.dlthub(['run', 'load.py', '-f']);
    const page = await openSignedIn((await findApp(server, workspace.api, 'jobs.notebook')).url);
    await sees(page, 'the notebook sees 43 orders');
    await page.context().close();
  });
});

it('a dashboard served by the client uses its WebSocket through the proxy', async () => {
  const page = await openSignedIn(await serve('board.py'));
  await sees(page, 'the board sees 43 orders');
  await page.context().close();
});

it('an MCP server serves the official client, with a key', async () => {
  await serve('tools.py');
  const app = await awaitApp(server, workspace.api, 'jobs.tools', ({ state }) => state === 'ready');
  expect(app.interface).toBe('mcp');
  const transport = new StreamableHTTPClientTransport(
    new URL(`${app.bare_url.replace('//localhost', '//127.0.0.1')}/mcp`),
    { requestInit: { headers: { authorization: `Bearer ${server.key}` } } },
  );
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['orders']);
  const answer = await client.callTool({ name: 'orders', arguments: {} });
  expect(answer.content).toMatchObject([{ type: 'text', text: '43' }]);
  await client.close();
});

describe('the workspace dashboard', () => {
  const ref = 'jobs.workspace.dashboard';

  /**
   * Runs the pipeline.
   * @returns what the dashboard calls the execution
   */
  async function load(): Promise<string> {
    await workspace.dlthub(['run', 'load.py', '-f']);
    const run = (await workspace.api.listRuns('jobs.load')).at(-1);
    const [pipelineRun] = await workspace.api.listPipelineRuns(run?.id ?? '');
    const { transaction_id: id } = await server.client.call('get_pipeline_run', {
      params: { workspace_id: workspace.api.id, pipeline_run_id: pipelineRun?.id ?? '' },
    });
    return id.slice(0, 8);
  }

  it('shows the last run of a pipeline under prod: its trace, its schema, its data', async () => {
    const modules = 'import board, notebook, tools\n\n__all__ = ["board", "notebook", "tools"]\n';
    await workspace.write({ '__deployment__.py': `"""Apps of a shop."""\n${modules}` });
    const execution = await load();
    await workspace.dlthub(['deploy']);
    const app = await eventually('the dashboard was deployed', () => findApp(server, workspace.api, ref));
    const page = await openSignedIn(app.url);
    await sees(page, execution);
    await sees(page, 'succeeded');
    // Part of the schema: the table's write disposition.
    await sees(page, 'replace');
    // marimo loses a click on a button that it is just recreating, for users too.
    await expect
      .poll(async () => {
        await page.getByRole('button', { name: 'Run Query' }).click();
        return page.getByText('43 rows, 3 columns').count();
      })
      .toBeGreaterThan(0);
    await page.context().close();
  });

  it('opens at the table that a page of the console shows', async () => {
    const table = `${server.url}/w/${workspace.api.id}/datasets/orders/tables/orders__lines`;
    const page = await openSignedIn(table);
    const opened = page.context().waitForEvent('page');
    await page.getByRole('button', { name: 'Open in dashboard' }).click();
    const dashboard = await opened;
    await sees(dashboard, 'Last execution ID');
    const { searchParams } = new URL(dashboard.url());
    expect(Object.fromEntries(searchParams)).toMatchObject({ pipeline: 'shop', table: 'orders__lines' });
    await expect
      .poll(async () => {
        await dashboard.getByRole('button', { name: 'Run Query' }).click();
        return dashboard.getByText(/43 rows, 4 columns/).count();
      })
      .toBeGreaterThan(0);
    await page.context().close();
  });

  it('shows the next run when it is opened again', async () => {
    await workspace.write({ 'count.txt': '44' });
    const execution = await load();
    const page = await openSignedIn((await findApp(server, workspace.api, ref)).url);
    // The run may have ended before the app's copy was refreshed.
    await expect
      .poll(async () => {
        await page.reload();
        await sees(page, 'Last execution ID');
        return page.getByText(execution).count();
      })
      .toBeGreaterThan(0);
    await page.context().close();
  });
});

describe('a public link', () => {
  it('shows the app to anyone until it is revoked, which cuts open connections', async () => {
    await workspace.dlthub(['job', 'publish', 'jobs.board']);
    const link = (await findApp(server, workspace.api, 'jobs.board')).public_link?.url ?? '';
    const page = await (await browser.newContext()).newPage();
    await page.goto(link);
    await sees(page, 'the board sees');
    await workspace.dlthub(['job', 'unpublish', 'jobs.board']);
    await expect.poll(async () => (await page.goto(link))?.status()).toBe(404);
    await page.context().close();
  });
});
