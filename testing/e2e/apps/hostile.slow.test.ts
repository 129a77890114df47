import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { awaitApp, defineAppJob, findApp } from '../../fixtures/app-site.ts';
import { createApiWorkspace, type ApiWorkspace } from '../../fixtures/api-workspace.ts';
import { createWorkspace, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { sendSignInForm } from '../../fixtures/sign-in-form.ts';
import { launchBrowser } from '../../fixtures/browser.ts';
import { ownerEmail, startTestServer, type TestServer } from '../../fixtures/server.ts';

/**
 * Serves an empty page, reports what it was sent, and tries to set reserved cookies wherever a browser
 * accepts them.
 */
const program = `
import http.server, json

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(dict(self.headers)).encode() if self.path.startswith("/headers") else b"<h1>an app</h1>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.send_header("access-control-allow-origin", "*")
        for name in ("pumphouse", "pumphouse-app", "__Host-pumphouse", "__Host-pumphouse-app", "PUMPHOUSE-APP"):
            self.send_header("set-cookie", name + "=stolen; Path=/")
            self.send_header("set-cookie", name + "=stolen; Path=/; Domain=localhost")
        self.send_header("set-cookie", "own=mine; Path=/")
        self.end_headers()
        self.wfile.write(body)

http.server.ThreadingHTTPServer(("0.0.0.0", 5000), Answer).serve_forever()
`;

let server: TestServer;
let api: ApiWorkspace;
let browser: Browser;
beforeAll(async () => {
  server = await startTestServer();
  browser = await launchBrowser();
  api = createApiWorkspace(server, await createWorkspace(server, 'apps'));
  await deployWorkspace(server, api.id, {
    files: { 'one.py': program, 'two.py': program },
    jobs: [defineAppJob('one', 'module'), defineAppJob('two', 'module')],
  });
});
afterAll(async () => {
  await browser.close();
  await server.remove();
});

/**
 * A browser in which the owner is signed in to the console and to both apps. The page is of the first app.
 */
async function openBoth(): Promise<{ page: Page; other: string }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.url}/w/${api.id}`);
  await sendSignInForm(page, ownerEmail);
  await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
  for (const name of ['two', 'one']) {
    await page.goto((await findApp(server, api, `jobs.${name}`)).url);
    await page.getByRole('heading', { name: 'an app' }).waitFor();
  }
  const { url: other } = await awaitApp(server, api, 'jobs.two', ({ state }) => state === 'ready');
  return { page, other };
}

it('an app gets nothing of the console, the server or another app, and sets none of their cookies', async () => {
  const { page, other } = await openBoth();
  const seen = await page.evaluate<Record<string, unknown>>(
    `(async () => {
      const [server, other] = ${JSON.stringify([server.url, other])};
      const ask = (url, init) => fetch(url, init).then(async (answer) => answer.type + ' ' + answer.status + ' ' + await answer.text()).catch(() => 'refused');
      const dial = (url) => new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('refused');
      });
      return {
        storage: JSON.stringify(localStorage) + JSON.stringify(sessionStorage),
        cookies: document.cookie,
        headers: JSON.parse(await (await fetch('/headers')).text()),
        me: await ask(server + '/api/v1/me', { credentials: 'include' }),
        account: await ask(server + '/sign-in/account', { credentials: 'include' }),
        other: await ask(other + '/headers', { credentials: 'include' }),
        otherPost: await ask(other + '/', { method: 'POST', credentials: 'include', body: 'x' }),
        otherSocket: await dial(other.replace('http', 'ws') + '/ws'),
      };
    })()`,
  );
  expect(seen).toMatchObject({
    storage: '{}{}',
    cookies: 'own=mine',
    me: 'refused',
    account: 'refused',
    other: 'refused',
    otherPost: 'refused',
    otherSocket: 'refused',
  });
  const names = Object.keys(seen['headers'] as object).map((name) => name.toLowerCase());
  expect(names).not.toContain('authorization');
  expect(JSON.stringify(seen['headers'])).not.toMatch(/pumphouse-app|dlt_/);
  // The sign-in to the console is unaffected.
  await page.goto(`${server.url}/w/${api.id}/jobs`);
  await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
  await page.context().close();
});
