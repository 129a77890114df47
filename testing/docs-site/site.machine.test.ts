import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorAnchor, errorCodes, type ErrorCode } from '@pumphouse/contract';
import { createApiFixture, type ApiFixture } from '@pumphouse/server/api/testing/api-fixture.ts';
import { buildSite, findBrokenLinks, type BuiltSite } from './built-site.ts';
import { openSearch, searches } from './search-site.ts';
import { hasBrowser, launchBrowser } from '../fixtures/browser.ts';
import { lacks } from '../fixtures/requirements.ts';

/** Reached only by a page that never shows what it should. */
const patienceMs = 60_000;

let site: BuiltSite;
let api: ApiFixture;
let url: string;

beforeAll(async () => {
  site = await buildSite();
  api = await createApiFixture({ docsFolder: site.folder });
  url = await api.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await api.close();
  await site.remove();
});

describe('the built documentation', () => {
  it('has no broken link or anchor', () => {
    expect(site.pages.size).toBeGreaterThan(180);
    expect(findBrokenLinks(site, '/docs/')).toEqual([]);
  });

  it('has a title, the sidebar and the text on each page', () => {
    for (const [path, text] of site.pages) {
      if (path === '404.html') continue;
      expect(text, path).toMatch(/<h1[ >]/);
    }
  });

  it('leads to each page from the sidebar', () => {
    const start = site.pages.get('index.html') ?? '';
    const linked = new Set([...start.matchAll(/href="\/docs\/([^"#]*)"/g)].map(([, path]) => path));
    const missing = [...site.pages.keys()].filter(
      (path) => path !== '404.html' && !linked.has(path === 'index.html' ? '' : path),
    );
    expect(missing).toEqual([]);
  });

  it('has no inline scripts or styles, which the content security policy forbids', () => {
    for (const [path, text] of site.pages) {
      expect(text, path).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>\s*\S/);
      expect(text, path).not.toMatch(/<[a-z][^<>]*\sstyle="/);
    }
  });

  it('has an anchor for each error code, to which the console links', () => {
    const errors = site.pages.get('operate/errors.html') ?? '';
    for (const code of Object.keys(errorCodes) as ErrorCode[])
      expect(errors, code).toContain(`id="${errorAnchor(code)}"`);
  });

  it('has a page of each tag of the API, with every operation', () => {
    const pages = ['api', 'auth', 'dataplane', 'logs', 'telemetry', 'pumphouse'];
    for (const tag of pages) expect(site.files).toContain(`reference/api/${tag}.html`);
    expect(site.pages.get('reference/api/events.html')).toContain('pumphouse.job_run.failed');
    expect(site.pages.get('reference/api/pumphouse.html')).toContain('GET /pumphouse/v1/workspaces/');
  });
});

describe('the search', () => {
  it('finds the page that explains a subject before commands, codes and decisions that name it', async () => {
    const search = await openSearch(site, '/docs/');
    const found = Object.fromEntries(Object.keys(searches).map((query) => [query, search(query)[0]]));
    expect(found).toEqual(searches);
  });
});

describe.skipIf(lacks('Chromium', hasBrowser))('in a browser', () => {
  it('pages, links and the search work under the content security policy', async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(patienceMs);
      const problems: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) problems.push(message.text());
      });
      page.on('pageerror', (error) => problems.push(error.message));
      const requested: string[] = [];
      page.on('request', (request) => requested.push(request.url()));

      await page.goto(`${url}/docs`);
      await page.getByRole('heading', { level: 1, name: 'Pumphouse' }).waitFor();
      await page.getByRole('main').getByRole('link', { name: 'The console', exact: false }).click();
      await page.getByRole('heading', { level: 1, name: 'The console' }).waitFor();
      expect(page.url()).toBe(`${url}/docs/concepts/console.html`);

      await page.goto(`${url}/docs/reference/cli.html#workspace`);
      await page.getByRole('heading', { level: 1, name: 'The pumphouse command' }).waitFor();
      await page.keyboard.press('Control+k');
      await page.getByRole('searchbox').fill('backfill');
      await page.getByRole('option').first().waitFor();
      await page.keyboard.press('Enter');
      // Without the ranking of this site, the first is a command.
      await page.getByRole('heading', { level: 1, name: 'Backfill' }).waitFor();

      expect(problems).toEqual([]);
      expect(requested.filter((each) => !each.startsWith(`${url}/docs`))).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
