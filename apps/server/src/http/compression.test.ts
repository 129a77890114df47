import type { FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { addCompression } from './compression.ts';
import { createHttpApp } from './http-app.ts';

const large = { names: Array.from({ length: 200 }, (_, index) => `name ${index}`), public_url: null };
let app: FastifyInstance;

beforeAll(async () => {
  app = createHttpApp(pino({ level: 'silent' }));
  addCompression(app);
  app.get('/api/v1/large', () => large);
  app.post('/api/v1/large', () => large);
  app.get('/api/v1/small', () => ({ name: 'small' }));
  app.get('/api/v1/shared', () => ({ ...large, public_url: 'https://example.com/?secret' }));
  app.get('/api/v1/linked', () => ({ ...large, public_link: { url: 'https://example.com/?secret' } }));
  app.get('/api/v1/tagged', (_, reply) => reply.header('vary', 'origin').header('etag', '"1"').send(large));
  app.get('/pumphouse/v1/events', (_, reply) =>
    reply.type('text/event-stream').send(Readable.from(['event: ready\n\n', 'x'.repeat(5000)])),
  );
  app.get('/pumphouse/v1/download', (_, reply) =>
    reply.type('application/json').send(Readable.from([JSON.stringify(large)])),
  );
  app.get('/sign-in', (_, reply) => reply.type('text/html').send('x'.repeat(5000)));
  await app.ready();
});
afterAll(() => app.close());

const get = (url: string, encoding: string | null = 'gzip, deflate, br', method: 'GET' | 'POST' = 'GET') =>
  app.inject({ method, url, headers: encoding === null ? {} : { 'accept-encoding': encoding } });

describe('a large JSON response', () => {
  it('is compressed, with the length of what is sent', async () => {
    const { headers, rawPayload } = await get('/api/v1/large');
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(headers['content-length']).toBe(String(rawPayload.length));
    expect(JSON.parse(gunzipSync(rawPayload).toString())).toEqual(large);
    expect(rawPayload.length).toBeLessThan(JSON.stringify(large).length / 2);
  });

  it.each(['gzip', 'GZIP;q=0.5', '*', 'br;q=1, *;q=0.1'])('is compressed for %s', async (encoding) => {
    expect((await get('/api/v1/large', encoding)).headers['content-encoding']).toBe('gzip');
  });

  it.each([null, 'br', 'identity', 'gzip;q=0', '*;q=0', 'gzip;q=0, *'])(
    'is sent as it is for %s, and caches know that it varies',
    async (encoding) => {
      const answer = await get('/api/v1/large', encoding);
      expect(answer.headers['content-encoding']).toBeUndefined();
      expect(answer.headers['vary']).toBe('accept-encoding');
      expect(answer.json()).toEqual(large);
    },
  );

  it('keeps other headers by which caches decide', async () => {
    expect((await get('/api/v1/tagged')).headers).toMatchObject({
      vary: 'origin, accept-encoding',
      etag: '"1"',
      'content-encoding': 'gzip',
    });
  });
});

describe('never compressed', () => {
  it.each([
    ['a small response', '/api/v1/small'],
    ['the secret in the address of a public app', '/api/v1/shared'],
    ['the secret in the public link of an app', '/api/v1/linked'],
    ['a stream of events', '/pumphouse/v1/events'],
    ['a download', '/pumphouse/v1/download'],
    ['a page', '/sign-in'],
  ])('is %s', async (_, url) => {
    const { headers, statusCode } = await get(url);
    expect([statusCode, headers['content-encoding']]).toEqual([200, undefined]);
  });

  it('is the response to a change, which may contain a new secret', async () => {
    expect((await get('/api/v1/large', 'gzip', 'POST')).headers['content-encoding']).toBeUndefined();
  });
});
