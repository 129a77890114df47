import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { openFetch } from './open-fetch.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

/** A proxy that opens tunnels and counts them. */
function createProxy(): { server: Server; opened: string[] } {
  const opened: string[] = [];
  const server = createServer();
  server.on('connect', ({ url = '' }, client, head) => {
    opened.push(url);
    const [host, port] = url.split(':');
    const target = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.write(head);
      target.pipe(client).pipe(target);
    });
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
  });
  return { server, opened };
}

const echo = () =>
  createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response.end(`${request.headers['content-type']}\n${Buffer.concat(chunks).toString()}`),
    );
  });

it('is the fetch of Node where there is neither a proxy nor an authority', async () => {
  expect(await openFetch({}, 'https://example.com')).toBe(globalThis.fetch);
});

it('needs no authority for a server without TLS', async () => {
  const env = { SSL_CERT_FILE: '/nonexistent/ca.pem' };
  expect(await openFetch(env, 'http://127.0.0.1:8080')).toBe(globalThis.fetch);
});

it('goes through the proxy, also with a form', async () => {
  const url = await listen(echo());
  const proxy = createProxy();
  const env = { HTTP_PROXY: await listen(proxy.server) };
  const fetch = await openFetch(env, url);
  const form = new FormData();
  form.append('file', new File(['content'], 'a.txt'));
  const answer = await (await fetch(url, { method: 'POST', body: form })).text();
  expect(answer).toMatch(/^multipart\/form-data; boundary=/);
  expect(answer).toContain('content');
  expect(proxy.opened).toEqual([new URL(url).host]);
});

it('does not use the proxy for hosts of NO_PROXY', async () => {
  const url = await listen(echo());
  const proxy = createProxy();
  const env = { HTTP_PROXY: await listen(proxy.server), NO_PROXY: '127.0.0.1' };
  await (await (await openFetch(env, url))(url)).text();
  expect(proxy.opened).toEqual([]);
});

it('explains a file of authorities that does not exist', async () => {
  await expect(
    openFetch({ SSL_CERT_FILE: '/nonexistent/ca.pem' }, 'https://example.com'),
  ).rejects.toMatchObject({
    code: 'unreadable_file',
    exitCode: 2,
  });
});
