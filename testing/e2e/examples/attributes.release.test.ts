import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { ClientWorkspace } from '../../fixtures/client-workspace.ts';
import type { DltClientInstall } from '../../fixtures/dlt-client.ts';
import type { JobResponse } from '@pumphouse/contract';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  clientDetailsProgram,
  connectExample,
  deployAndDescribe,
  examples,
  type ClientView,
  type ExampleName,
} from '../../fixtures/example-workspace.ts';
import { launchBrowser } from '../../fixtures/browser.ts';
import { listMissing, shownOnJobPage } from './shown-attributes.ts';
import { ownerEmail, repositoryFolder, startTestServer, type TestServer } from '../../fixtures/server.ts';
import { prepareAppClient } from '../../fixtures/dlt-client.ts';
import { sendSignInForm } from '../../fixtures/sign-in-form.ts';

const names = Object.keys(examples) as ExampleName[];
/** Reached only by a page that never shows what it should. */
const patienceMs = 60_000;

let install: DltClientInstall;
let server: TestServer;
let parentFolder: string;
let browser: Browser;
let context: BrowserContext;
const deployments = new Map<ExampleName, Promise<Deployed>>();

interface Deployed {
  workspace: ClientWorkspace;
  client: ClientView;
}

beforeAll(async () => {
  install = await prepareAppClient();
  parentFolder = await mkdtemp(join(tmpdir(), 'pumphouse-e2e-'));
  // The jobs' attributes are visible without a run; runs.release.test.ts tests the runs.
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn', PUMPHOUSE_ROLES: 'api' });
  browser = await launchBrowser();
  context = await signIn();
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
  await rm(parentFolder, { recursive: true, force: true });
});

/** Deploys an example once, on behalf of the first test that needs it. */
function deploy(name: ExampleName): Promise<Deployed> {
  const known = deployments.get(name);
  if (known) return known;
  const deployment = deployAndAsk(name);
  // The test that awaits it reports the error.
  deployment.catch(() => undefined);
  deployments.set(name, deployment);
  return deployment;
}

async function deployAndAsk(name: ExampleName): Promise<Deployed> {
  const workspace = await connectExample({ install, server, parentFolder }, name);
  return { workspace, client: await deployAndDescribe(workspace, name) };
}

async function signIn(): Promise<BrowserContext> {
  const signedIn = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  signedIn.setDefaultTimeout(patienceMs);
  const page = await signedIn.newPage();
  await page.goto(server.url);
  await sendSignInForm(page, ownerEmail);
  await page.getByRole('navigation').first().waitFor();
  await page.close();
  return signedIn;
}

async function listJobs({ api }: ClientWorkspace): Promise<JobResponse[]> {
  const { items } = await server.client.call('list_jobs', {
    params: { workspace_id: api.id },
    query: { limit: 100 },
  });
  return items;
}

const byRef = (left: { job_ref: string }, right: { job_ref: string }) =>
  left.job_ref < right.job_ref ? -1 : 1;

/** The text of a job's page, once its requests are complete. The definition itself is on another tab. */
async function readJobPage(page: Page, workspaceId: string, jobRef: string): Promise<string> {
  await page.goto(`${server.url}/w/${workspaceId}/jobs/${jobRef}?tab=schedule`);
  await page
    .locator('[aria-label^="Next ticks"], :text("Not scheduled"), :text("No further ticks")')
    .first()
    .waitFor();
  const overview = await page.locator('main').innerText();
  // Not the whole tab: it also has the unchanged definition.
  await page.goto(`${server.url}/w/${workspaceId}/jobs/${jobRef}?tab=definition`);
  return `${overview}\n${await page.getByRole('region', { name: 'Settings' }).innerText()}`;
}

describe.each(names)('the example %s', (name) => {
  let workspace: ClientWorkspace;
  let client: ClientView;
  beforeAll(async () => {
    ({ workspace, client } = await deploy(name));
    // Deploy the next example while the pages of this one are read.
    const next = names[names.indexOf(name) + 1];
    if (next !== undefined) void deploy(next);
  });

  it('is on the server with every attribute as computed by the client', async () => {
    const jobs = await listJobs(workspace);
    expect(jobs.map((job) => job.job_definition).sort(byRef)).toEqual([...client.jobs].sort(byRef));
    for (const { id, job_ref: jobRef } of jobs) {
      const params = { workspace_id: workspace.api.id, job_id: id };
      const { job_definition: single } = await server.client.call('get_job', { params });
      expect(single).toEqual(client.jobs.find((definition) => definition.job_ref === jobRef));
    }
  });

  it('has the fields of the API and of its overviews derived from those attributes', async () => {
    const jobs = await listJobs(workspace);
    const { items: overviews } = await server.client.call('list_job_overviews', {
      params: { workspace_id: workspace.api.id },
      query: { limit: 100 },
    });
    for (const definition of client.jobs) {
      const {
        job_ref: jobRef,
        expose,
        deliver,
        interval,
        default_trigger: defaultTrigger = null,
      } = definition;
      const tags = [expose?.tags ?? []].flat();
      const triggers = [
        ...definition.triggers,
        ...tags.map((tag) => `tag:${tag}`),
        ...(expose?.manual === false ? [] : [`manual:${jobRef}`]),
        ...(deliver?.pipeline_name === undefined ? [] : [`pipeline_name:${deliver.pipeline_name}`]),
      ];
      const common = {
        job_type: definition.entry_point.job_type,
        description: definition.description ?? null,
        default_trigger: defaultTrigger,
        pipeline_name: deliver?.pipeline_name ?? null,
        profile: definition.require?.profile ?? 'prod',
        triggers,
      };
      expect(jobs.find((job) => job.job_ref === jobRef)).toMatchObject({
        ...common,
        name: expose?.display_name ?? null,
        freshness: definition.freshness ?? [],
        interval_start: interval === undefined ? null : expect.any(String),
        interval_end: interval?.end === undefined ? null : expect.any(String),
      });
      expect(overviews.find(({ ref }) => ref === jobRef)).toMatchObject({
        ...common,
        name: expose?.display_name ?? jobRef,
        tags: triggers.flatMap((trigger) => (trigger.startsWith('tag:') ? [trigger.slice(4)] : [])),
      });
    }
  });

  it('is listed and described by the client, without warnings', () => {
    expect(client.warnings).toEqual([]);
    for (const [at, { job_ref: jobRef, entry_point: entry, ...definition }] of client.jobs.entries()) {
      const code = entry.function === null ? entry.module : `${entry.module}::${entry.function}`;
      const message = [code, entry.job_type, definition.default_trigger ?? ''];
      for (const word of [jobRef.replace(/^jobs\./, ''), ...message]) expect(client.list).toContain(word);
      for (const word of [jobRef, definition.expose?.display_name ?? '', ...message])
        expect(client.infos[at]).toContain(word);
    }
  });

  it('shows every attribute on the pages of its jobs', async () => {
    const page = await context.newPage();
    const missing: Record<string, string[]> = {};
    for (const definition of client.jobs) {
      const text = await readJobPage(page, workspace.api.id, definition.job_ref);
      const lacking = listMissing(definition, text);
      if (lacking.length > 0) missing[definition.job_ref] = lacking;
    }
    expect(missing).toEqual({});
    await page.close();
  });

  it("shows the unchanged definition on a job's page", async () => {
    const page = await context.newPage();
    const [definition] = client.jobs;
    await page.goto(`${server.url}/w/${workspace.api.id}/jobs/${definition?.job_ref ?? ''}?tab=definition`);
    const shown = await page.getByLabel('Definition', { exact: true }).last().innerText();
    expect(JSON.parse(shown)).toEqual(definition);
    await page.close();
  });
});

describe('attributes without an effect', () => {
  it('are listed by the client at the deploy', async () => {
    const { deploy: printed } = (await deploy('warehouse')).client;
    for (const message of [
      'require.provider = "modal" has no effect on this server',
      'require.region = "eu-west" has no effect on this server',
      'require.static_egress_ips = true has no effect on this server',
      'require.instance.gpu = 1 has no effect on this server',
    ])
      expect(printed).toContain(message);
    const { deploy: other } = (await deploy('nightly-shop')).client;
    expect(other).not.toContain('has no effect');
  });
});

describe('a job that declares manual=False', () => {
  it('cannot be started manually from its page', async () => {
    const { api } = (await deploy('warehouse')).workspace;
    const page = await context.newPage();
    await page.goto(`${server.url}/w/${api.id}/jobs/warehouse.recount`);
    const button = page.getByRole('button', { name: /Run now/ });
    await button.waitFor();
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    await page.close();
  });
});

describe('the documentation page', () => {
  it('has each attribute that dlt declares, and says where it is shown', async () => {
    const fields = (await (
      await deploy('events')
    ).workspace.runProgram(clientDetailsProgram, ['fields'])) as string[];
    expect(Object.keys(shownOnJobPage).sort()).toEqual(fields);
    const text = await readFile(join(repositoryFolder, 'docs/concepts/jobs.md'), 'utf8');
    // The names of modules, such as `__trigger__`, have a table of their own.
    const rows = [...text.matchAll(/^\| `([a-z][a-z_.]*)`/gm)].flatMap((match) => match[1] ?? []);
    expect(rows.sort()).toEqual(fields);
  });
});
