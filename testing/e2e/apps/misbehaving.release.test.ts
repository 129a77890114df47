import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askApp, awaitApp, defineAppJob, findApp } from '../../fixtures/app-site.ts';
import { createApiWorkspace, joinLines, type ApiWorkspace } from '../../fixtures/api-workspace.ts';
import { createWorkspace, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { launchBrowser } from '../../fixtures/browser.ts';
import { ownerEmail, startTestServer, type TestServer } from '../../fixtures/server.ts';
import { sendSignInForm } from '../../fixtures/sign-in-form.ts';
import { writeEchoApp } from '../../fixtures/echo-app.ts';

const silent = `
import time
print("reading a large file", flush=True)
time.sleep(3600)
`;

/** Answers health checks, and dies at a visitor's request. */
const mortal = `
import http.server, os

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.headers["user-agent"] != "pumphouse":
            print("orders.csv is not there", flush=True)
            os._exit(7)
        self.send_response(204)
        self.end_headers()

http.server.ThreadingHTTPServer(("0.0.0.0", 5000), Answer).serve_forever()
`;

const files = {
  'silent.py': silent,
  'elsewhere.py': writeEchoApp({ port: 8000 }),
  'declared.py': writeEchoApp({ port: 7777 }),
  'late.py': writeEchoApp({ delaySeconds: 20 }),
  'mortal.py': mortal,
  'stillborn.py': 'raise ValueError("prices.csv is not there")\n',
  'lasting.py': writeEchoApp(),
  'brief.py': writeEchoApp(),
};

const jobs = [
  ...['silent', 'elsewhere', 'late', 'mortal', 'stillborn'].map((name) => defineAppJob(name, 'module')),
  { ...defineAppJob('declared', 'module'), triggers: ['http:7777'] },
  defineAppJob('lasting', 'module', { idleSeconds: 0 }),
  defineAppJob('brief', 'module', { idleSeconds: 3 }),
];

let server: TestServer;
let api: ApiWorkspace;
let browser: Browser;
/** A visitor of an app that never answers on its port. */
let elsewhere: Page;
beforeAll(async () => {
  server = await startTestServer();
  browser = await launchBrowser();
  api = createApiWorkspace(server, await createWorkspace(server, 'apps'));
  await deployWorkspace(server, api.id, { files, jobs });
  // They take three minutes to fail, so start them early.
  await Promise.all(['jobs.silent', 'jobs.elsewhere'].map(ask));
  // A visitor who comes after it has failed would start it again.
  elsewhere = await open('jobs.elsewhere');
});
afterAll(async () => {
  await browser.close();
  await server.remove();
});

const ask = async (jobRef: string) => askApp(await findApp(server, api, jobRef), '/a', { key: server.key });

/** Opens an app as the owner, who signs in on the way. */
async function open(jobRef: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto((await findApp(server, api, jobRef)).url);
  await sendSignInForm(page, ownerEmail);
  return page;
}

/** As long as in other conditions: a busy machine takes minutes to start an app. */
const patience = { timeout: 300_000 };
const sees = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor(patience);
const seesHeading = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor(patience);

describe('an app that listens late', () => {
  it('shows its visitor a page that turns into the app', async () => {
    const page = await open('jobs.late');
    await seesHeading(page, 'Starting late');
    await sees(page, 'the socket says hello');
    expect(await api.listRuns('jobs.late')).toHaveLength(1);
    await page.context().close();
  });
});

describe('an app that declares a port', () => {
  it('is reached at that port', async () => {
    await expect.poll(async () => (await ask('jobs.declared')).text()).toBe('/a');
  });

  it('is rejected if it cannot be reached there', async () => {
    const refused = deployWorkspace(server, api.id, {
      files,
      jobs: [...jobs, { ...defineAppJob('low', 'module'), triggers: ['http:80'] }],
    });
    await expect(refused).rejects.toThrow('from 1024 to 32767');
  });
});

describe("an app that dies at a visitor's request", () => {
  it('returns one error, and shows the reason at the next visit', async () => {
    const page = await open('jobs.mortal');
    await seesHeading(page, 'mortal does not respond');
    const app = await awaitApp(server, api, 'jobs.mortal', ({ state }) => state === 'failed');
    const [run] = await api.listRuns('jobs.mortal');
    expect(app.failure).toMatchObject({
      detail: 'The run ended with exit code 7.',
      job_run_id: run?.id,
    });
    // An app's state is cached for a second.
    await expect
      .poll(async () => {
        await page.reload();
        return page.getByRole('heading', { level: 1 }).textContent();
      })
      .toBe('mortal is not running');
    await sees(page, 'orders.csv is not there');
    await page.context().close();
  });
});

describe('an app that dies at its start', () => {
  it('is restarted with growing delays, and shows why meanwhile', async () => {
    const pauses: number[] = [];
    for (const count of [1, 2, 3]) {
      await expect
        .poll(async () => {
          await ask('jobs.stillborn');
          return (await api.listRuns('jobs.stillborn')).length;
        })
        .toBe(count);
      const run = (await api.listRuns('jobs.stillborn')).at(-1);
      const { finished_at: end } = await api.awaitEnd(run?.id ?? '');
      const { failure, state } = await findApp(server, api, 'jobs.stillborn');
      expect([state, failure?.detail]).toEqual(['failed', 'ValueError: prices.csv is not there']);
      pauses.push(Math.round((Date.parse(failure?.retry_at ?? '') - Date.parse(end ?? '')) / 1000));
    }
    expect(pauses).toEqual([5, 10, 20]);
  });

  it('stays failed after its delay until it is visited', async () => {
    const retryAt = (await findApp(server, api, 'jobs.stillborn')).failure?.retry_at ?? '';
    await eventually('its time came', () => Date.now() > Date.parse(retryAt));
    const app = await findApp(server, api, 'jobs.stillborn');
    expect(app).toMatchObject({ state: 'failed', failure: { retry_at: retryAt } });
    const page = await open('jobs.stillborn');
    await seesHeading(page, 'stillborn is not running');
    await sees(page, 'ValueError: prices.csv is not there');
    expect(await api.listRuns('jobs.stillborn')).toHaveLength(4);
    await page.context().close();
  });
});

it('an app with an idle time of 0 is never stopped, unlike others', async () => {
  await Promise.all(['jobs.lasting', 'jobs.brief'].map(ask));
  const lasting = await awaitApp(server, api, 'jobs.lasting', ({ state }) => state === 'ready');
  expect(lasting.idle_seconds).toBeNull();
  // Its three seconds may be over by now: one that has completed was ready, and then idle.
  const [brief] = await api.listRuns('jobs.brief');
  expect(await api.awaitEnd(brief?.id ?? '')).toMatchObject({ status: 'completed' });
  expect(await findApp(server, api, 'jobs.lasting')).toMatchObject({
    state: 'ready',
    job_run: { id: lasting.job_run?.id },
  });
});

describe('an app that does not answer on its port', () => {
  /** Its page and its run, once it has failed. */
  async function awaitSilence(jobRef: string): Promise<string> {
    const app = await awaitApp(server, api, jobRef, ({ state }) => state === 'failed');
    const [run, ...others] = await api.listRuns(jobRef);
    expect(others).toEqual([]);
    expect(run?.status).toBe('failed');
    const text = 'Nothing answered on port 5000 within 180 s.';
    expect(app).toMatchObject({ job_run: null, failure: { detail: text, job_run_id: run?.id } });
    const log = joinLines(await api.readLog(run?.id ?? ''));
    expect(log).toContain(`Failed (app_never_listened): ${text}`);
    return log;
  }

  it('fails after three minutes, and shows its log', async () => {
    const log = await awaitSilence('jobs.silent');
    expect(log).toContain('let the code listen on the port of its run arguments');
    expect(log).not.toContain('instead');
  });

  it('shows on which other port it listens', async () => {
    const log = await awaitSilence('jobs.elsewhere');
    expect(log).toContain('It listens on port 8000 instead');
    // The visitor has been waiting all the time.
    await seesHeading(elsewhere, 'elsewhere is not running');
    await sees(elsewhere, 'Nothing answered on port 5000');
    await sees(elsewhere, 'It listens on port 8000 instead');
    await elsewhere.context().close();
  });
});
