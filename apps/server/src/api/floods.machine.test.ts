import type { ApiFixture } from './testing/api-fixture.ts';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiFixture } from './testing/api-fixture.ts';
import { createKeySecret } from '../services/sign-in/credentials.ts';

let api: ApiFixture;
let url: URL;
let key: string;

beforeAll(async () => {
  api = await createApiFixture();
  url = new URL(await api.app.listen({ host: '127.0.0.1', port: 0 }));
  ({ key } = (await api.createWorkspaceFixture()).owner);
});
afterAll(() => api.close());

/** Sends raw headers and returns the whole response. */
async function sendHead(headers: string): Promise<string> {
  const socket = connect(Number(url.port), url.hostname);
  // The server may close the connection while the rest of large headers is still being sent.
  socket.on('error', () => undefined);
  socket.write(
    `GET /api/v1/organizations HTTP/1.1\r\nHost: localhost\r\n${headers}Connection: close\r\n\r\n`,
  );
  return text(socket).catch(() => '');
}

it.each([
  ['a bearer of a megabyte', `Authorization: Bearer dlt_u_${'x'.repeat(1024 * 1024)}\r\n`],
  ['many headers', Array.from({ length: 3000 }, (_, n) => `X-${n}: ${'y'.repeat(100)}\r\n`).join('')],
])('rejects %s with a clear message', async (_name, headers) => {
  const answer = await sendHead(headers);
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({
    code: 'invalid_request',
    detail: expect.stringContaining('16 KiB') as string,
  });
});

it('rejects a bearer token as long as the headers allow, without looking it up', async () => {
  const answer = await sendHead(`Authorization: Bearer dlt_u_${'x'.repeat(15_000)}\r\n`);
  expect(answer).toMatch(/^HTTP\/1.1 401 /);
});

it('answers thousands of unknown keys with 401, and keeps serving known callers', async () => {
  const ask = async (bearer: string) => {
    const response = await fetch(new URL('/api/v1/organizations', url), {
      headers: { authorization: `Bearer ${bearer}` },
    });
    await response.arrayBuffer();
    return response.status;
  };
  expect(await ask(key)).toBe(200);
  const state = { isOver: false };
  const flood = (async () => {
    for (let round = 0; round < 30; round += 1) {
      const keys = Array.from({ length: 100 }, () => createKeySecret('personal').secret);
      expect(new Set(await Promise.all(keys.map(ask)))).toEqual(new Set([401]));
    }
    state.isOver = true;
  })();
  let answered = 0;
  while (!state.isOver) {
    expect(await ask(key)).toBe(200);
    answered += 1;
  }
  await flood;
  // Known callers are answered between the bad requests, not after all of them.
  expect(answered).toBeGreaterThan(10);
});
