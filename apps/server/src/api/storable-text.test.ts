import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiFixture, type ApiFixture } from './testing/api-fixture.ts';
import { createPageBrowser } from '../pages/testing/page-browser.ts';
import { seedRun, type SeededRun } from './testing/seed-run.ts';

let api: ApiFixture;
let seeded: SeededRun;

beforeAll(async () => {
  api = await createApiFixture();
  seeded = await seedRun(api);
});
afterAll(() => api.close());

async function refusalOf(request: InjectOptions) {
  const headers = { authorization: `Bearer ${seeded.owner.key}` };
  const response = await api.app.inject({ headers, ...request });
  const { code, extra } = response.json<{ code: string; extra?: { key: string }[] }>();
  return [response.statusCode, code, extra?.map(({ key }) => key)];
}

const workspacePath = () => `/pumphouse/v1/workspaces/${seeded.workspaceId}`;

it.each([
  ['a NUL in a field', { page: 'runs', name: 'a\0b', search: '' }, 'name'],
  ['half a character in a field', { page: 'runs', name: 'Failures', search: '\ud800' }, 'search'],
  ['a NUL in a field that nobody reads', { page: 'runs', more: [{ text: 'a\0' }] }, 'more.0.text'],
  ['a NUL in the name of a field', { 'pa\0ge': 'runs' }, 'body'],
])('a body is refused for %s', async (_name, payload, key) => {
  const refusal = await refusalOf({ method: 'POST', url: `${workspacePath()}/saved-views`, payload });
  expect(refusal).toEqual([400, 'invalid_request', [key]]);
});

it('a query and a path are refused for a NUL', async () => {
  const list = `/api/v1/workspaces/${seeded.workspaceId}/jobs?q=a%00b`;
  expect(await refusalOf({ method: 'GET', url: list })).toEqual([400, 'invalid_request', ['q']]);
  const table = `${workspacePath()}/datasets/raw/tables/a%00b`;
  expect(await refusalOf({ method: 'GET', url: table })).toEqual([400, 'invalid_request', ['table_name']]);
});

it('a form of the sign-in page is refused for a NUL', async () => {
  const answer = await createPageBrowser(api.app, {}).signIn('owner\0@example.com', 'a long test password');
  expect(answer.status).toBe(400);
});
