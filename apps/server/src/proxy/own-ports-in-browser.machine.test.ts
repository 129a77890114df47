import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePorts } from '@pumphouse/testing/fixtures/free-port.ts';
import { hasBrowser, launchBrowser } from '@pumphouse/testing/fixtures/browser.ts';
import { lacks } from '@pumphouse/testing/fixtures/requirements.ts';
import { openAppsFixture, type AppsFixture } from './testing/apps-fixture.ts';
import { sales, stock } from './testing/fake-gate.ts';

/**
 * Not a local host for the browser, so it sends no Sec-Fetch headers: the hardest case for separating ports.
 */
const host = 'pumphouse.test';

let browser: Awaited<ReturnType<typeof launchBrowser>>;
let testContext: AppsFixture;
let origins: { sales: string; stock: string };

describe.skipIf(lacks('Chromium', hasBrowser))('pages on two ports of one host', () => {
  beforeAll(async () => {
    browser = await launchBrowser(host);
    const ports = await findFreePorts(2);
    testContext = await openAppsFixture({ ports, serverUrl: `http://${host}:8080` });
    testContext.fake.apps = [
      { ...sales, port: ports.first },
      { ...stock, port: ports.last },
    ];
    origins = { sales: `http://${host}:${ports.first}`, stock: `http://${host}:${ports.last}` };
    testContext.serve((request, response) => {
      if (request.headers.origin !== undefined) {
        response.setHeader('access-control-allow-origin', request.headers.origin);
        response.setHeader('access-control-allow-credentials', 'true');
      }
      const isScript = request.url?.startsWith('/data.js');
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
      response.end(isScript ? 'window.secret = 300;' : '<h1>an app</h1>');
    });
  });
  afterAll(async () => {
    await browser.close();
    await testContext.close();
  });

  it('a page over plain http gets nothing from an app on another port, although its cookie is sent', async () => {
    const context = await browser.newContext();
    await context.addCookies(
      ['sales', 'stock'].map((name) => ({
        name: `pumphouse-app-${name}`,
        value: 'good',
        url: origins.sales,
        httpOnly: true,
        sameSite: 'Lax' as const,
      })),
    );
    const page = await context.newPage();
    await page.goto(`${origins.stock}/`);
    await page.goto(`${origins.sales}/`);
    const seen = await page.evaluate<Record<string, unknown>>(
      `(async (own, other) => {
      const ask = (url, init) => fetch(url, { credentials: 'include', ...init }).then((answer) => answer.text()).catch(() => 'refused');
      const load = (url) => new Promise((resolve) => {
        delete window.secret;
        const script = Object.assign(document.createElement('script'), { src: url });
        script.onload = () => resolve(window.secret);
        script.onerror = () => resolve('refused');
        document.body.append(script);
      });
      const frame = (url) => new Promise((resolve) => {
        const element = Object.assign(document.createElement('iframe'), { src: url, onload: resolve });
        document.body.append(element);
      });
      const dial = (url) => new Promise((resolve) => {
        const socket = new WebSocket(url.replace('http', 'ws'));
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('refused');
      });
      const tryAll = async (origin) => ({
        read: await ask(origin + '/'),
        posted: await ask(origin + '/', { method: 'POST', body: 'x' }),
        script: await load(origin + '/data.js'),
        socket: await dial(origin + '/ws'),
      });
      await frame(own + '/framed');
      await frame(other + '/framed');
      return { own: await tryAll(own), other: await tryAll(other), cookies: document.cookie };
    })(${JSON.stringify(origins.sales)}, ${JSON.stringify(origins.stock)})`,
    );
    const text = '<h1>an app</h1>';
    expect(seen).toEqual({
      own: { read: text, posted: text, script: 300, socket: 'open' },
      other: {
        read: 'refused',
        posted: 'refused',
        script: 'refused',
        socket: 'refused',
      },
      cookies: '',
    });
    const [, ownFrame, otherFrame] = page.frames();
    expect(ownFrame?.url()).toBe(`${origins.sales}/framed`);
    expect(otherFrame?.url()).toBe('chrome-error://chromewebdata/');
    // The rejections above did not rely on this header, which browsers send only to trusted hosts.
    expect(testContext.upstream.requests.flatMap(({ headers }) => headers['sec-fetch-site'] ?? [])).toEqual(
      [],
    );
    await context.close();
  });
});
