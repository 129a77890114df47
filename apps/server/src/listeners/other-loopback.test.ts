import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { findOtherLoopback, listenOnOtherLoopback } from './other-loopback.ts';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(host: string): Promise<{ server: HttpServer; port: number }> {
  const server = createHttpServer((_, response) => response.end('pumphouse')).listen(0, host);
  servers.push(server);
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

it.each([
  ['127.0.0.1', '::1'],
  ['0.0.0.0', '::1'],
  ['::1', '127.0.0.1'],
  ['::', null],
  ['10.1.2.3', null],
])('the other loopback address of %s is %s', (host, other) => {
  expect(findOtherLoopback(host)).toBe(other);
});

it.each([
  ['127.0.0.1', '[::1]'],
  ['::1', '127.0.0.1'],
])('a server at %s also responds at %s until it is closed', async (host, other) => {
  const { server, port } = await listen(host);
  const beside = await listenOnOtherLoopback(server, { host, port });
  const answer = await fetch(`http://${other}:${port}/`, { headers: { connection: 'close' } });
  expect(await answer.text()).toBe('pumphouse');
  await beside.close();
  await expect(fetch(`http://${other}:${port}/`)).rejects.toThrow();
});

it('rejects a port that another program uses there, because that program would get the clients', async () => {
  const { server, port } = await listen('127.0.0.1');
  const squatter = createServer().listen(port, '::1');
  servers.push(squatter);
  await once(squatter, 'listening');
  await expect(listenOnOtherLoopback(server, { host: '127.0.0.1', port })).rejects.toThrow(
    `Another program listens on [::1]:${port} (EADDRINUSE)`,
  );
});
