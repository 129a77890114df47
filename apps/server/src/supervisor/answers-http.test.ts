import { afterAll, expect, it } from 'vitest';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { answersHttp } from './answers-http.ts';

const patienceMs = 300;
const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

/** Connects to a server that does this with each connection. The client's half stays open, like in an app's network. */
async function connectTo(serve: (connection: Socket) => void): Promise<Socket> {
  const server = createServer({ allowHalfOpen: true }, serve).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

it('is true for any status', async () => {
  const answer = 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n';
  expect(await answersHttp(() => connectTo((connection) => connection.write(answer)))).toBe(true);
});

it('is false where no connection can be made', async () => {
  expect(await answersHttp(() => Promise.reject(new Error('refused')))).toBe(false);
});

// An app that ends at this moment must not stop the watch of its run, and with it the end of the server.
it.each<[string, () => Promise<Socket>]>([
  ['does not answer', () => connectTo(() => undefined)],
  ['ends at once', () => connectTo((connection) => connection.end())],
  ['is reset', () => connectTo((connection) => connection.once('data', () => connection.resetAndDestroy()))],
  ['has ended before the request', () => connectTo((connection) => connection.end()).then(awaitEnd)],
  ['was closed before the request', () => connectTo(() => undefined).then(close)],
])('is false for a connection that %s', async (_, open) => {
  const connection = await open();
  connection.on('error', () => undefined);
  expect(await answersHttp(() => Promise.resolve(connection), patienceMs)).toBe(false);
  expect(connection.destroyed).toBe(true);
});

async function awaitEnd(socket: Socket): Promise<Socket> {
  socket.resume();
  await once(socket, 'end');
  return socket;
}

async function close(socket: Socket): Promise<Socket> {
  socket.destroy();
  await once(socket, 'close');
  return socket;
}
