import type { ApiFixture } from '../api/testing/api-fixture.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minClientVersion } from './client-versions.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';

let api: ApiFixture;
let authorization: string;

beforeAll(async () => {
  api = await createApiFixture();
  authorization = `Bearer ${(await api.createWorkspaceFixture()).owner.key}`;
});
afterAll(() => api.close());

function get(url: string, headers: Record<string, string>) {
  return api.app.inject({ method: 'GET', url, headers });
}

describe('the official client', () => {
  it.each([
    'dlt-runtime-cli/0.26.1',
    'dlt-runtime-cli/0.28.3',
    'dlthub-cli/0.28.6',
    'dlthub-mcp/0.28.6',
    'dlthub-python-sdk/0.28.6',
  ])('of an older release is told to upgrade, on every route and for every caller: %s', async (agent) => {
    const isOlder = agent === 'dlt-runtime-cli/0.26.1';
    const urls = ['/api/v1/organizations', '/api/v1/user', '/logs/v1/nothing'];
    for (const url of isOlder ? urls : [...urls, '/v1/me']) {
      const response = await get(url, { 'user-agent': agent });
      expect(response.statusCode).toBe(400);
      expect(response.json()).toMatchObject({ code: 'client_too_old', status_code: 400 });
      expect(response.json()).not.toHaveProperty('extra');
      const { detail } = response.json<{ detail: string }>();
      expect(detail).toContain(agent.split('/')[1]);
      expect(detail.toLowerCase()).toContain(
        `upgrade it: pip install --upgrade 'dlthub-client>=${minClientVersion}'`,
      );
    }
  });

  it.each(['dlt-runtime-cli/0.21.2', 'dlt-runtime-cli/0.26.1'])(
    'before 0.27 has routes of its own, and is told to upgrade at every other: %s',
    async (agent) => {
      const headers = { authorization, 'user-agent': agent };
      expect((await get('/v1/me', headers)).statusCode).toBe(200);
      for (const url of ['/api/v1/me', '/auth/v1/nothing', '/mcp', '/v1', '/api/v1/workspaces/v1/me'])
        expect((await get(url, headers)).json()).toMatchObject({ code: 'client_too_old' });
    },
  );

  it.each([
    'dlthub-cli/0.28.7',
    'dlthub-mcp/0.28.10',
    'dlthub-python-sdk/0.29',
    'dlthub-cli/1.0.0',
    'dlthub-cli/unknown',
    'curl/8.5.0',
    '',
  ])('of this release or newer is served, as is every other caller: %j', async (agent) => {
    const response = await get('/api/v1/organizations', { authorization, 'user-agent': agent });
    expect(response.statusCode).toBe(200);
  });

  it('learns the required release from every response', async () => {
    for (const url of ['/api/v1/organizations', '/api/v1/nothing', '/healthz']) {
      for (const headers of [{}, { authorization }] as Record<string, string>[]) {
        const response = await get(url, headers);
        expect(response.headers['x-dlthub-min-client-version']).toBe('0.28.7');
      }
    }
  });
});
