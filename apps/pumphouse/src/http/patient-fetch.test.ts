import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { createPatientFetch } from './patient-fetch.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Starts a server that answers its first requests with `answers`, and all later ones as a Pumphouse server. */
async function start(answers: readonly ((response: ServerResponse) => void)[]) {
  const methods: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    methods.push(request.method ?? '');
    const answer = answers[methods.length - 1] ?? answerWell;
    answer(response);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const fetch = createPatientFetch({
    fetch: globalThis.fetch,
    serverUrl: url,
    terminal: { isLive: true, note: () => undefined, redraw: () => undefined },
  });
  return { url, methods, fetch };
}

const answerWell = (response: ServerResponse) =>
  void response.writeHead(200, { 'x-dlthub-min-client-version': '0.28.7' }).end('{}');
const answerUnavailable = (response: ServerResponse) =>
  void response.writeHead(503, { 'x-dlthub-min-client-version': '0.28.7' }).end('{}');
const breakOff = (response: ServerResponse) => void response.socket?.destroy();

describe('a read', () => {
  it.each([
    ['answers 503', answerUnavailable],
    ['breaks the connection off', breakOff],
  ])('is repeated while the server %s', async (_, answer) => {
    const { url, methods, fetch } = await start([answer, answer]);
    expect((await fetch(url)).status).toBe(200);
    expect(methods).toEqual(['GET', 'GET', 'GET']);
  });
});

describe('a change', () => {
  it('is sent once if the server may have received it', async () => {
    const broken = await start([breakOff]);
    await expect(broken.fetch(broken.url, { method: 'POST' })).rejects.toMatchObject({
      code: 'server_unreachable',
      exitCode: 6,
    });
    expect(broken.methods).toEqual(['POST']);
    const unavailable = await start([answerUnavailable]);
    expect((await unavailable.fetch(unavailable.url, { method: 'POST' })).status).toBe(503);
    expect(unavailable.methods).toEqual(['POST']);
  });

  it('is repeated while no server listens', async () => {
    const { url, methods, fetch } = await start([]);
    const [server] = servers.splice(0);
    server?.close();
    server?.closeAllConnections();
    const answered = fetch(url, { method: 'POST' });
    const port = Number(new URL(url).port);
    const restarted = createServer((request, response) => {
      methods.push(request.method ?? '');
      answerWell(response);
    }).listen(port, '127.0.0.1');
    servers.push(restarted);
    expect((await answered).status).toBe(200);
    expect(methods).toEqual(['POST']);
  });
});

describe('something else', () => {
  it('that answers is not taken for a server', async () => {
    const { url, fetch } = await start([(response) => void response.writeHead(200).end('<html>')]);
    await expect(fetch(url)).rejects.toMatchObject({ code: 'not_a_pumphouse_server', exitCode: 6 });
  });
});
