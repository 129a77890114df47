import type { AddressInfo } from 'node:net';
import type { LineageEvent } from './lineage-event.ts';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHttpTransport } from './http-transport.ts';
import { eventOf } from './lineage-event.ts';

const event: LineageEvent = eventOf({
  eventType: 'START',
  eventTime: '2026-01-02T03:04:05.000Z',
  run: { runId: '019400ab-0000-7000-8000-000000000001', facets: {} },
  job: { namespace: 'pumphouse/1', name: 'shop', facets: {} },
  outputs: [],
});

let statuses: number[] = [];
let received: { path: string | undefined; headers: IncomingHttpHeaders; body: unknown }[] = [];
const server = createServer((request, response) => {
  void (async () => {
    received.push({ path: request.url, headers: request.headers, body: await json(request) });
    const status = statuses.shift() ?? 201;
    response.writeHead(status, status === 307 ? { location: '/elsewhere' } : {}).end('token-8842');
  })();
});
const addressOf = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());
beforeEach(() => {
  statuses = [];
  received = [];
});

const send = (apiKey: string | null = 'swordfish') =>
  createHttpTransport({
    url: addressOf('/api/v1/lineage'),
    apiKey,
    timeoutMs: 5000,
    retryPausesMs: [1, 1],
  })(event);

describe('a receiver of OpenLineage', () => {
  it('gets an event as JSON with the key', async () => {
    await send();
    expect(received).toMatchObject([
      {
        path: '/api/v1/lineage',
        headers: { authorization: 'Bearer swordfish', 'content-type': 'application/json' },
        body: event,
      },
    ]);
    await send(null);
    expect(received[1]?.headers).not.toHaveProperty('authorization');
  });

  it('gets an event again when it was busy', async () => {
    statuses = [503, 429];
    await send();
    expect(received).toHaveLength(3);
  });

  it('does not get an event again that it rejected', async () => {
    statuses = [422];
    await expect(send()).rejects.toThrow('answered with status 422.');
    expect(received).toHaveLength(1);
  });

  it('cannot send the key elsewhere, nor its answer into the log', async () => {
    statuses = [307, 307, 307];
    const error: unknown = await send().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(Error);
    expect(received.map(({ path }) => path)).toEqual(Array(3).fill('/api/v1/lineage'));
    expect(String(error)).not.toMatch(/swordfish|token-8842/);
  });

  it('may be away', async () => {
    const transport = createHttpTransport({
      url: 'http://127.0.0.1:1/',
      apiKey: null,
      timeoutMs: 5000,
      retryPausesMs: [1],
    });
    await expect(transport(event)).rejects.toThrow('fetch failed');
  });
});
