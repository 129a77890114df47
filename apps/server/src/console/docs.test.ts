import type { ApiFixture } from '../api/testing/api-fixture.ts';
import { brotliCompressSync } from 'node:zlib';
import { join } from 'node:path';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiFixture } from '../api/testing/api-fixture.ts';

const page = '<h1>Scheduling</h1>';

let folder: string;
let api: ApiFixture;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-docs-'));
  await mkdir(join(folder, 'assets'));
  await mkdir(join(folder, 'concepts'));
  await writeFile(join(folder, 'index.html'), '<h1>Pumphouse</h1>');
  await writeFile(join(folder, '404.html'), '<h1>Page not found</h1>');
  await writeFile(join(folder, 'concepts', 'scheduling.html'), page);
  await writeFile(join(folder, 'concepts', 'scheduling.html.br'), brotliCompressSync(page));
  await writeFile(join(folder, 'assets', 'app.1.js'), '1');
  await writeFile(join(folder, 'site.json'), '{"base":"/docs/"}');
  api = await createApiFixture({ docsFolder: folder });
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) => api.app.inject({ url, headers });

describe('the documentation', () => {
  it('is at /docs, without sign-in', async () => {
    for (const path of ['/docs', '/docs/']) {
      const moved = await get(path, { 'accept-encoding': 'gzip, br' });
      expect([moved.statusCode, moved.headers.location]).toEqual([302, '/docs/index.html']);
    }
    const start = await get('/docs/index.html');
    expect([start.statusCode, start.body]).toEqual([200, '<h1>Pumphouse</h1>']);
  });

  it('has pages that browsers check each time, in the encoding they accept, and no inline scripts', async () => {
    const answer = await get('/docs/concepts/scheduling.html', { 'accept-encoding': 'gzip, br' });
    expect(answer.rawPayload).toEqual(brotliCompressSync(page));
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('public, max-age=0');
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self';");
    expect(policy).not.toContain('unsafe');
    const etag = String(answer.headers['etag']);
    const again = await get('/docs/concepts/scheduling.html', {
      'accept-encoding': 'gzip, br',
      'if-none-match': etag,
    });
    expect(again.statusCode).toBe(304);
  });

  it('has files with a hash in their name, which are cached indefinitely', async () => {
    const answer = await get('/docs/assets/app.1.js');
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['content-type']).toMatch(/javascript/);
  });

  it.each(['/docs/none.html', '/docs/assets/none.js', '/docs/concepts', '/docs/..%2f..%2fpackage.json'])(
    'has a page for %s, which does not exist',
    async (path) => {
      const answer = await get(path);
      expect(answer.statusCode).toBe(404);
      expect(answer.body).toBe('<h1>Page not found</h1>');
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    },
  );

  it('leaves other URLs to the API', async () => {
    expect((await get('/docs-of-others')).json()).toMatchObject({ code: 'not_found' });
  });
});

describe('documentation that was not built', () => {
  it('says how to build it', async () => {
    const bare = await createApiFixture({ docsFolder: join(folder, 'nowhere') });
    for (const url of ['/docs', '/docs/', '/docs/operate/settings.html']) {
      const answer = await bare.app.inject({ url });
      expect(answer.statusCode).toBe(501);
      expect(answer.body).toContain('npm run build:docs</code>');
    }
    await bare.close();
  });

  it('is served once it is built, without a restart', async () => {
    const built = `${folder}-later`;
    const later = await createApiFixture({ docsFolder: built });
    expect((await later.app.inject({ url: '/docs/index.html' })).statusCode).toBe(501);
    await cp(folder, built, { recursive: true });
    expect((await later.app.inject({ url: '/docs/index.html' })).body).toBe('<h1>Pumphouse</h1>');
    expect((await later.app.inject({ url: '/docs/assets/app.1.js' })).body).toBe('1');
    expect((await later.app.inject({ url: '/docs/none.html' })).body).toContain('Page not found');
    await later.close();
    await rm(built, { recursive: true });
  });

  it('for the path of a public URL is not shown with broken links', async () => {
    const below = await createApiFixture({
      docsFolder: folder,
      publicUrl: 'https://data.example.com/pumphouse',
    });
    const answer = await below.app.inject({ url: '/docs/', headers: { host: 'data.example.com' } });
    expect(answer.statusCode).toBe(501);
    expect(answer.body).toContain('npm run build:docs -- --base /pumphouse/docs/');
    await below.close();
  });
});
