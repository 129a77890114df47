import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { DeployedCode } from '../../fixtures/deploy-workspace.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askApp, defineAppJob, findApp } from '../../fixtures/app-site.ts';
import { defineScriptJob, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';
import { startRun } from '../../fixtures/console-workspace.ts';

let site: ConsoleSite;
let page: Page;

/** A name as long as destinations allow. */
const longName = `orders_${'of_the_international_marketplace_'.repeat(5)}`.slice(0, 120);

const load = (fields: string, count: number) => `
import dlt

@dlt.resource(primary_key="id", write_disposition="merge")
def orders(updated=dlt.sources.incremental("changed", initial_value=0)):
    for number in range(${count}):
        yield {"id": number, "changed": number + ${count * 1000},${fields} "lines": [{"sku": "a"}]}

@dlt.resource(name="${longName}")
def long_orders():
    yield {"id": 1, "amount": 2.5}

dlt.pipeline("shop", destination="duckdb", dataset_name="shop_data").run([orders(), long_orders()])
`;

const codeOf = (fields: string, count: number): DeployedCode => ({
  files: { 'load.py': load(fields, count), 'report.py': 'print("reporting")' },
  jobs: [defineScriptJob('load', ['every:24h']), defineScriptJob('report', ['job.success:jobs.load'])],
  requirements: ['duckdb'],
  configuration: { 'config.toml': '[runtime]\nlog_level = "WARNING"\n' },
});

const readTable = (tableName = 'orders') =>
  site.server.client.call('get_table_overview', {
    params: { workspace_id: site.api.id, dataset_name: 'shop_data', table_name: tableName },
  });

/** Two loads of `orders`, 20 rows and 30; the second adds a column. */
async function fillWorkspace(): Promise<void> {
  const { server, api } = site;
  await deployWorkspace(server, api.id, codeOf('', 20));
  await api.awaitEnd(await startRun(server, api, 'jobs.load'));
  await deployWorkspace(server, api.id, codeOf('"discount_code": "x",', 30));
  await api.awaitEnd(await startRun(server, api, 'jobs.load'));
  await eventually('both loads are known', async () => {
    const { loads } = await readTable();
    return loads.length === 2;
  });
}

beforeAll(async () => {
  site = await startEmptyConsoleSite();
  await fillWorkspace();
  page = await site.openAs('developer', '/datasets');
});
afterAll(() => site?.remove());

const open = (path: string) => page.goto(site.workspaceUrl(path));
const orders = '/datasets/shop_data/tables/orders';
const columns = () => page.getByRole('table', { name: 'Columns', exact: true });
const field = () => page.getByRole('combobox', { name: 'Search or run a command' });
const option = (name: RegExp) => page.getByRole('option', { name });

describe('the page of a table', () => {
  it('is reached from the dataset, and shows what each load brought', async () => {
    await open('/datasets/shop_data');
    await page.getByRole('link', { name: 'orders', exact: true }).first().click();
    await page.getByRole('heading', { name: 'orders', level: 1 }).waitFor();
    await page.getByText('Write mode: merge').waitFor();
    await page.getByRole('img', { name: /^Rows per load: 2 points/ }).waitFor();
    const loads = page.getByRole('table', { name: 'Last loads' });
    const numbers = await loads.getByRole('row').allInnerTexts();
    expect(numbers.slice(1).map((text) => /#(\d+)\s.*\b(20|30)\b/s.exec(text)?.slice(1))).toEqual([
      [expect.any(String) as string, '30'],
      [expect.any(String) as string, '20'],
    ]);
    await expectAccessible(page);
  });

  it('names the run that added a column, and leads to it', async () => {
    await open(orders);
    const { loads } = await readTable();
    const second = loads[0]?.job_run.number;
    const row = columns().getByRole('row', { name: /^discount_code/ });
    await row.getByRole('link', { name: `load #${second}` }).waitFor();
    const id = columns().getByRole('row', { name: /^id / });
    await id.getByText('primary key').waitFor();
    await id.getByRole('link', { name: `load #${loads[1]?.job_run.number}` }).waitFor();
    await columns()
      .getByRole('row', { name: /^changed/ })
      .getByText('cursor')
      .waitFor();
    await page.getByRole('region', { name: 'Schema changes' }).getByText('orders.discount_code').waitFor();
    await row.getByRole('link').click();
    await page.waitForURL(`**/runs/${loads[0]?.job_run.id}?tab=pipelines`);
    // The tables of the run lead back.
    await page.getByRole('link', { name: 'orders', exact: true }).click();
    await page.waitForURL('**/datasets/shop_data/tables/orders?*');
  });

  it('shows a bar of the chart as its run, also by keyboard', async () => {
    await open(orders);
    await page.getByRole('button', { name: 'Show Rows per load as table' }).click();
    await page.getByRole('table', { name: 'Rows per load' }).getByRole('button').first().click();
    await page.waitForURL('**/runs/*');
  });

  it('shows the jobs that load it and those downstream, and its lineage', async () => {
    await open(orders);
    await page
      .getByRole('table', { name: 'Jobs that load the table' })
      .getByText('load', { exact: true })
      .waitFor();
    const downstream = page.getByRole('table', { name: 'Jobs downstream of the table' });
    await downstream.getByRole('link', { name: 'report' }).waitFor();
    await page.getByRole('button', { name: /^shop_data, / }).waitFor();
    await expectAccessible(page);
  });

  it('finds columns by name, also in the URL', async () => {
    await open(`${orders}?q=disc`);
    await columns()
      .getByRole('row', { name: /^discount_code/ })
      .waitFor();
    expect(await columns().getByRole('row').count()).toBe(2);
    await page.getByRole('searchbox', { name: 'Search columns by name' }).fill('nothing');
    await page.getByText('No columns match this search').waitFor();
  });

  it('leads from a nested table to its parent', async () => {
    await open('/datasets/shop_data/tables/orders__lines');
    await page.getByText('Write mode: as orders').waitFor();
    await page.getByRole('link', { name: 'orders', exact: true }).first().click();
    await page.getByRole('heading', { name: 'orders', level: 1 }).waitFor();
  });

  it('is linked from the schema of the pipeline and from the lineage', async () => {
    await open('/pipelines/shop?tab=schema&table=orders');
    await page.getByText('loads and history:').first().waitFor();
    await page
      .getByRole('listitem')
      .filter({ hasText: 'loads and history: orders' })
      .getByRole('link')
      .first()
      .click();
    await page.waitForURL('**/datasets/shop_data/tables/orders*');
    await open('/lineage?view=list&expanded=shop_data');
    const list = page.getByRole('table', { name: 'Lineage' });
    await list.getByRole('button', { name: 'orders', exact: true }).click();
    await page.getByRole('region', { name: 'Selected table' }).getByRole('link', { name: 'orders' }).click();
    await page.waitForURL('**/datasets/shop_data/tables/orders*');
  });

  it('fits a phone, and is readable there', async () => {
    const phone = await site.openAs('viewer', orders, { viewport: { width: 390, height: 844 } });
    await phone.getByRole('table', { name: 'Columns', exact: true }).waitFor();
    await phone.getByRole('table', { name: 'Jobs downstream of the table' }).waitFor();
    expect(await phone.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await expectAccessible(phone);
    await phone.context().close();
  });

  it('that does not exist gets a clear message', async () => {
    await open('/datasets/shop_data/tables/none');
    await page.getByText('There is no table none in dataset shop_data').waitFor();
  });
});

/** Shows its own path, and what the code in the body of a request returns, as a notebook would run it. */
const notebook = `
import http.server, json, traceback

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(self.path)

    def do_POST(self):
        try:
            *lines, last = self.rfile.read(int(self.headers["content-length"])).decode().splitlines()
            names = {}
            exec("\\n".join(lines), names)
            self.answer(json.dumps(eval(last, names), default=str))
        except Exception:
            self.answer(json.dumps(traceback.format_exc()))

    def answer(self, text):
        self.send_response(200)
        self.send_header("content-type", "text/plain")
        self.end_headers()
        self.wfile.write(text.encode())

http.server.ThreadingHTTPServer(("0.0.0.0", 5000), Answer).serve_forever()
`;

const defineApp = (name: string, category: string) => ({
  ...defineAppJob(name, 'module'),
  expose: { interface: 'gui', category },
});

describe('the rows of a table', () => {
  const dialog = () => page.getByRole('dialog', { name: 'Open orders in a notebook' });
  const dashboard = () => page.getByRole('button', { name: 'Open in dashboard' });

  it('need an app, and the page says how to deploy one', async () => {
    await open(orders);
    await page.getByRole('button', { name: 'Open in notebook…' }).click();
    await dialog().getByText('The workspace has no notebook.').waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    expect(await dashboard().getAttribute('aria-disabled')).toBe('true');
    await dashboard().hover();
    await page.getByText('The workspace has no dashboard.').waitFor();
  });

  it('are opened by the dashboard and by notebooks, which know the table from their address', async () => {
    const code = codeOf('"discount_code": "x",', 30);
    await deployWorkspace(site.server, site.api.id, {
      ...code,
      files: { ...code.files, 'board.py': notebook, 'notes.py': notebook },
      // dlt 1.31.0 reads no data with a newer one: docs/operate/known-bad-combinations.md.
      requirements: ['duckdb', 'sqlglot<30.22'],
      jobs: [...code.jobs, defineApp('board', 'dashboard'), defineApp('notes', 'notebook')],
      configuration: { ...code.configuration, 'access.config.toml': '' },
    });
    await page.getByRole('button', { name: 'Open in dashboard', disabled: false }).waitFor();
    const query = '/?pipeline=shop&dataset=shop_data&table=orders';
    const opened = page.context().waitForEvent('page');
    await dashboard().click();
    await (await opened).getByText(query).waitFor();
    await page.getByRole('button', { name: 'Open in notebook…' }).click();
    const other = page.context().waitForEvent('page');
    await dialog().getByRole('button', { name: 'Open notes' }).click();
    await (await other).getByText(query).waitFor();
    await expectAccessible(page);
  });

  it('are read by the code that the page shows, with the profile of apps', async () => {
    const shown = (await dialog().getByLabel('Code', { exact: true }).textContent()) ?? '';
    expect(shown).toContain('dlt.attach("shop", destination="duckdb", dataset_name="shop_data")');
    const app = await findApp(site.server, site.api, 'jobs.notes');
    expect(app).toMatchObject({ profile: 'access', is_profile_fallback: false });
    // Data frames need pandas, which this environment does not have.
    const body = shown.replace('.df()', '.fetchall()');
    const answer = await askApp(app, '/', { key: site.server.key, method: 'POST', body });
    const rows = await answer.json();
    expect(rows, String(rows)).toHaveLength(30);
  });
});

it('a long name of a table leaves the other columns in sight', async () => {
  await open('/datasets/shop_data');
  const name = await page.getByRole('link', { name: longName }).first().boundingBox();
  expect(name?.width).toBeGreaterThan(150);
  const changed = await page
    .getByRole('table', { name: 'Tables' })
    .getByRole('columnheader', { name: 'Changed' })
    .boundingBox();
  expect((changed?.x ?? 1440) + (changed?.width ?? 0)).toBeLessThanOrEqual(1440);
});

it('a long name of a variable leaves its actions in sight', async () => {
  const name = `SOURCES__${'INTERNATIONAL_MARKETPLACE__'.repeat(6)}TOKEN`;
  await site.server.client.call('update_workspace_variables', {
    params: { workspace_id: site.api.id },
    body: { profile: null, upserts: [{ name, type: 'plain', value: 'a-long-value-'.repeat(40) }] },
  });
  const owner = await site.openAs('owner', '/settings/variables');
  const remove = await owner.getByRole('button', { name: `Delete ${name}` }).boundingBox();
  expect((remove?.x ?? 1440) + (remove?.width ?? 0)).toBeLessThan(1440);
  await owner.context().close();
});

describe('the command palette', () => {
  it('leads to a column in three steps, and to the run that added it', async () => {
    await open('/jobs');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await field().fill('discount');
    await option(/^discount_code shop_data\.orders$/).waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/datasets/shop_data/tables/orders?*column=discount_code*');
    const row = columns().getByRole('row', { name: /^discount_code/ });
    await row.getByRole('link').waitFor();
    expect(await row.getAttribute('data-current')).toBe('true');
  });

  it('keeps what is typed and entered while it opens', async () => {
    await open('/jobs');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route(/command-palette-[^/]*\.js$/, async (route) => {
      await held;
      await route.continue();
    });
    await page.keyboard.press('Control+k');
    await page.keyboard.type('timx');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('el');
    await page.keyboard.press('Enter');
    // Without the palette, these keys would have moved through the rows of the page.
    expect(page.url()).toBe(site.workspaceUrl('/jobs'));
    release();
    await page.waitForURL('**/timeline*');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  it('finds a run by its number, and lists recent entries by workspace', async () => {
    const { loads } = await readTable();
    const run = loads[1]?.job_run;
    await open('/jobs');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await field().fill(`load #${run?.number}`);
    await option(new RegExp(`^load #${run?.number} `)).click();
    await page.waitForURL(`**/runs/${run?.id}`);
    await page.keyboard.press('Control+k');
    const recent = page.getByRole('group', { name: 'Recent' });
    expect(await recent.getByRole('option').first().innerText()).toContain(`load #${run?.number}`);
    await page.keyboard.press('Escape');
  });

  it('starts a job whose schedule is covered, as its page does', async () => {
    await open('/jobs');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await field().fill('>run load');
    await option(/^Run load$/).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/runs/*');
    await page.getByRole('heading', { name: /load\s+#/ }).waitFor();
  });

  it('offers no pause without a schedule, and changes the theme', async () => {
    await page.keyboard.press('Control+k');
    await field().fill('>pause');
    await option(/^Pause load$/).waitFor();
    expect(await option(/^Pause report$/).count()).toBe(0);
    await field().fill('>dark');
    await option(/^Use the dark theme$/).waitFor();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('html').getAttribute('data-mantine-color-scheme')).toBe('dark');
    await expectAccessible(page);
  });

  it('finds members and settings, and signs out', async () => {
    await open('/jobs');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    await page.keyboard.press('Control+k');
    await field().fill('viewer@');
    await option(/^viewer@example\.com member$/).waitFor();
    await field().fill('audit log');
    await option(/^Audit log workspace$/).waitFor();
    await field().fill('>sign out');
    await option(/^Sign out$/).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});

it('does nothing that the content policy forbids', () => {
  expect(site.complaints.filter((text) => !/404|not_found/.test(text))).toEqual([]);
});
