import type { FastifyInstance } from 'fastify';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiFixture, type ApiFixture } from '../api/testing/api-fixture.ts';
import { createBootstrapSeal } from '../api/testing/attempt-calls.ts';
import { seedRun, type SeededRun } from '../api/testing/seed-run.ts';
import { buildAttemptsRelay } from './attempts-relay.ts';

let api: ApiFixture;
let relay: FastifyInstance;
let relayPort: number;
let seeded: SeededRun;

beforeAll(async () => {
  api = await createApiFixture();
  seeded = await seedRun(api);
  const serverUrl = await api.app.listen({ host: '127.0.0.1', port: 0 });
  relay = buildAttemptsRelay(serverUrl, api.dependencies.log);
  relayPort = Number(new URL(await relay.listen({ host: '127.0.0.1', port: 0 })).port);
});
afterAll(async () => {
  await relay.close();
  await api.close();
});

/** Writes the request itself: clients normalize paths before they send them. */
async function send(target: string, headers: Record<string, string> = {}): Promise<number> {
  const socket = connect(relayPort, '127.0.0.1');
  const lines = Object.entries({ host: 'relay', connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.write(`GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`);
  return Number((await text(socket)).split(' ')[1]);
}

it('passes on the calls of attempts', async () => {
  const attempt = await api.createAttempt(seeded.run);
  const { call } = createBootstrapSeal(attempt).seal('GET', 'configuration');
  // The server knows the caller: the run has not begun.
  expect(await send(call.url, call.headers)).toBe(409);
  expect(await send('/pumphouse/v1/environment-archives/none/-check')).toBe(404);
});

it('survives a caller that goes before the answer', async () => {
  const socket = connect(relayPort, '127.0.0.1');
  socket.end('GET /pumphouse/v1/attempts/a/code HTTP/1.1\r\nhost: relay\r\n\r\n');
  expect(await text(socket)).toBe('');
  expect(await send('/pumphouse/v1/attempts/a/code')).toBe(401);
});

it.each([
  ['dot segments', '/pumphouse/v1/attempts/../../..'],
  ['dot segments behind an attempt', '/pumphouse/v1/attempts/id/../../../..'],
  ['encoded dot segments', '/pumphouse/v1/attempts/%2e%2e/%2E%2e/.%2e'],
  ['dot segments of archives', '/pumphouse/v1/environment-archives/a/../../../..'],
  ['backslashes', '/pumphouse/v1/attempts/..\\..\\..'],
  ['dot segments with tabs', '/pumphouse/v1/attempts/.\t./.\t./.\t.'],
  ['an absolute form', 'http://server/pumphouse/v1/attempts/../../..'],
])('reaches no other route of the server by %s', async (_name, prefix) => {
  const headers = { authorization: `Bearer ${seeded.owner.key}` };
  expect(await send(`${prefix}/api/v1/workspaces/${seeded.workspaceId}`, headers)).toBe(400);
});

it.each([
  'http://other.example/pumphouse/v1/attempts/a/code',
  '//other.example/pumphouse/v1/attempts/a/code',
])('takes no path with a host: %s', async (target) => expect(await send(target)).toBe(400));

it.each([
  '/metrics',
  '/api/v1/workspaces',
  '/pumphouse/v1/attempts',
  '/pumphouse/v1/attempts/a/code/more',
  '/',
])('has nothing but the calls of attempts: %s', async (target) =>
  expect([400, 404]).toContain(await send(target)),
);
