import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiWorkspace, type ApiWorkspace } from '../../fixtures/api-workspace.ts';
import { createWorkspace, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { askApp, defineAppJob, findApp } from '../../fixtures/app-site.ts';
import { findFreePorts } from '../../fixtures/free-port.ts';
import { launchBrowser } from '../../fixtures/browser.ts';
import { sendSignInForm } from '../../fixtures/sign-in-form.ts';
import { ownerEmail, startTestServer, type TestServer } from '../../fixtures/server.ts';

/** Shows its name and what it was sent; tries to set reserved cookies, and allows all origins to read it. */
const program = (name: string) => `
import http.server, json

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(dict(self.headers)).encode() if self.path.startswith("/headers") else b"<h1>app ${name}</h1>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        origin = self.headers.get("origin")
        if origin:
            self.send_header("access-control-allow-origin", origin)
            self.send_header("access-control-allow-credentials", "true")
        self.send_header("set-cookie", "pumphouse=stolen; Path=/")
        self.send_header("set-cookie", "theme-${name}=dark; Path=/")
        self.end_headers()
        self.wfile.write(body)

http.server.ThreadingHTTPServer(("0.0.0.0", 5000), Answer).serve_forever()
`;

const names = ['one', 'two', 'three'] as const;

let server: TestServer;
let api: ApiWorkspace;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let ports: { first: number; last: number };

beforeAll(async () => {
  ports = await findFreePorts(2);
  server = await startTestServer({ PUMPHOUSE_APPS_PORTS: `${ports.first}-${ports.last}` });
  browser = await launchBrowser();
  api = createApiWorkspace(server, await createWorkspace(server, 'apps'));
  await deployWorkspace(server, api.id, {
    files: Object.fromEntries(names.map((name) => [`${name}.py`, program(name)])),
    jobs: names.map((name) => defineAppJob(name, 'module')),
  });
  context = await browser.newContext();
  page = await context.newPage();
});
afterAll(async () => {
  await browser.close();
  await server.remove();
});

const urlOf = async (name: string) => (await findApp(server, api, `jobs.${name}`)).url;
const originAt = (port: number) => `http://127.0.0.1:${port}`;

async function open(name: string): Promise<void> {
  await page.goto(await urlOf(name));
  await page.getByRole('heading', { name: `app ${name}` }).waitFor();
}

it('opens each app at its own port, through the page that signs users in', async () => {
  await page.goto(await urlOf('one'));
  await sendSignInForm(page, ownerEmail);
  await page.getByRole('heading', { name: 'app one' }).waitFor();
  expect(page.url()).toBe(`${originAt(ports.first)}/`);
  // A request to a port before it is assigned must not affect the app that gets it.
  expect((await fetch(originAt(ports.last))).status).toBe(404);
  await open('two');
  expect(page.url()).toBe(`${originAt(ports.last)}/`);
  expect(await urlOf('one')).toBe(originAt(ports.first));
  expect(await urlOf('two')).toBe(originAt(ports.last));
});

it("blocks requests of one app's page to the other app and to the server, although the browser has cookies for both", async () => {
  await open('one');
  const seen = await page.evaluate<Record<string, unknown>>(
    `(async () => {
      const [server, other] = ${JSON.stringify([server.url, originAt(ports.last)])};
      const ask = (url, init) => fetch(url, init).then(async (answer) => answer.type + ' ' + answer.status + ' ' + await answer.text()).catch(() => 'refused');
      const dial = (url) => new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('refused');
      });
      const load = (tag, url) => new Promise((resolve) => {
        const element = Object.assign(document.createElement(tag), { src: url, onload: () => resolve('loaded'), onerror: () => resolve('refused') });
        document.body.append(element);
      });
      document.cookie = 'pumphouse-app=evil; Path=/';
      return {
        cookies: document.cookie,
        headers: await (await fetch('/headers')).text(),
        me: await ask(server + '/api/v1/me', { credentials: 'include' }),
        account: await ask(server + '/sign-in/account', { credentials: 'include' }),
        other: await ask(other + '/headers', { credentials: 'include' }),
        otherPost: await ask(other + '/', { method: 'POST', credentials: 'include', body: 'x' }),
        otherSocket: await dial(other.replace('http', 'ws') + '/ws'),
        otherScript: await load('script', other + '/headers'),
        worker: await navigator.serviceWorker.register('/worker.js').then(() => 'registered', () => 'refused'),
      };
    })()`,
  );
  expect(seen).toMatchObject({
    me: 'refused',
    account: 'refused',
    other: 'refused',
    otherPost: 'refused',
    otherSocket: 'refused',
    otherScript: 'refused',
    worker: 'refused',
  });
  // Cookies that apps set themselves belong to the host and so to all of them; reserved ones are visible to
  // no script and no app.
  expect(seen['cookies']).toContain('theme-one=dark');
  expect(seen['cookies']).toContain('theme-two=dark');
  expect(seen['cookies']).not.toMatch(/pumphouse-app-|pumphouse=/);
  expect(seen['headers']).not.toMatch(/pumphouse/i);
  // The sign-in to the server is unaffected.
  await page.goto(`${server.url}/sign-in/account`);
  await page.getByText(ownerEmail).first().waitFor();
});

it('does not accept a session of one app for another', async () => {
  const cookies = (await context.cookies(originAt(ports.first))).filter(({ name }) =>
    name.startsWith('pumphouse-app-'),
  );
  const [one, two] = names.map((name) =>
    cookies.find((cookie) => cookie.name.startsWith(`pumphouse-app-${name}-`)),
  );
  expect([one?.httpOnly, two?.httpOnly]).toEqual([true, true]);
  const ask = async (port: number, cookie: string) =>
    (await fetch(originAt(port), { headers: { cookie } })).status;
  expect(await ask(ports.first, `${one?.name}=${one?.value}`)).toBe(200);
  expect(await ask(ports.last, `${one?.name}=${one?.value}`)).toBe(401);
  expect(await ask(ports.last, `${two?.name}=${one?.value}`)).toBe(401);
});

it('reports that no port is free, and still admits programs with a key', async () => {
  const app = await findApp(server, api, 'jobs.three');
  expect(app.url).toBe(`${server.url}/sign-in/app?app=${app.job_id}`);
  const answer = await page.goto(app.url);
  expect(answer?.status()).toBe(409);
  await page.getByText('is free:').waitFor();
  await expect
    .poll(async () => (await askApp(app, '/', { key: server.key })).text())
    .toBe('<h1>app three</h1>');
});

it('keeps ports and sessions across a server restart', async () => {
  await server.end('SIGTERM');
  server = await server.restart();
  expect([await urlOf('one'), await urlOf('two')]).toEqual([originAt(ports.first), originAt(ports.last)]);
  await open('one');
  await open('two');
});

it('does not start if another program uses one of the ports', async () => {
  const beside = server.startBeside({ PUMPHOUSE_APPS_PORTS: `${ports.first}-${ports.last}` });
  await expect(beside).rejects.toThrow(
    `The ports of apps are in use: ${ports.first} (EADDRINUSE), ${ports.last} (EADDRINUSE).`,
  );
});
