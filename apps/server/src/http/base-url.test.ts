import type { ApiFixture } from '../api/testing/api-fixture.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiFixture } from '../api/testing/api-fixture.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;

beforeAll(async () => {
  api = await createApiFixture();
  context = await api.createWorkspaceFixture();
});
afterAll(() => api.close());

function call(url: string, method: 'GET' | 'POST' = 'GET') {
  return api.app.inject({ method, url, headers: { authorization: `Bearer ${context.owner.key}` } });
}

describe('a base URL with a path', () => {
  it.each<[string, 'GET' | 'POST', string]>([
    ['/api/api/v1/organizations', 'GET', '/api'],
    ['/v1/api/v1/organizations?limit=1', 'GET', '/v1'],
    ['/api/v1/api/v1/organizations', 'GET', '/api/v1'],
    [
      '/w/11111111-1111-1111-1111-111111111111/jobs/api/v1/organizations',
      'GET',
      '/w/11111111-1111-1111-1111-111111111111/jobs',
    ],
    ['/organizations/1/api/v1/workspaces', 'POST', '/organizations/1'],
  ])('is named in the response to %s', async (url, method, prefix) => {
    const response = await call(url, method);
    expect(response.statusCode).toBe(400);
    const body = response.json<{ code: string; detail: string }>();
    expect(body.code).toBe('wrong_base_url');
    expect(body.detail).toContain(`ends with "${prefix}"`);
    expect(body.detail).toContain('RUNTIME__API_BASE_URL');
  });

  it('is shown shortened and escaped', async () => {
    const body = (await call(`/${'x'.repeat(3000)}/api/v1/organizations`)).json<{ detail: string }>();
    expect(body.detail.length).toBeLessThan(400);
  });

  it.each(['/nowhere', '/api/v2/organizations', '/api/v1/nowhere'])('is not blamed for %s', async (url) => {
    expect((await call(url)).json()).toMatchObject({ code: 'not_found', status_code: 404 });
  });

  it('is not reported at the root, even with an extra trailing slash', async () => {
    expect((await call('/api/v1/organizations')).statusCode).toBe(200);
  });
});
