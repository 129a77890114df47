import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Duplex } from 'node:stream';
import { once } from 'node:events';
import { cookie, openAppsFixture, requireOpen, type AppsFixture } from './testing/apps-fixture.ts';

let context: AppsFixture;
beforeEach(async () => {
  context = await openAppsFixture();
});
afterEach(() => context.close());

describe('connections to an app', () => {
  it('are reused until another process serves the app', async () => {
    context.serve((_request, response) => response.end());
    for (let round = 0; round < 5; round += 1) await context.ask('/', { headers: cookie });
    expect(context.upstream.connections.size).toBe(1);
    context.fake.states.set('sales', context.readyAt(context.upstream.port, 'instance-2'));
    await context.ask('/', { headers: cookie });
    await expect.poll(() => context.upstream.connections.size).toBe(1);
    expect(new Set(context.upstream.requests.map(({ socket }) => socket)).size).toBe(2);
  });

  it('that close on reuse are replaced for repeatable requests', async () => {
    let answered = 0;
    context.serve((request, response) => {
      const { socket } = request;
      response.end('ok');
      answered += 1;
      // The next request on this connection finds it closed.
      response.on('finish', () => socket.removeAllListeners('data').once('data', () => socket.destroy()));
    });
    for (let round = 0; round < 3; round += 1)
      expect((await context.ask('/', { headers: cookie })).text).toBe('ok');
    expect(answered).toBe(3);
  });

  it('that send unsolicited data are not reused', async () => {
    context.serve((request, response) => {
      response.end('first');
      if (context.upstream.requests.length === 1)
        response.on('finish', () =>
          request.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother'),
        );
    });
    await context.ask('/', { headers: cookie });
    await expect.poll(() => context.upstream.connections.size).toBe(0);
    expect((await context.ask('/', { headers: cookie })).text).toBe('first');
  });

  it('need not be sockets', async () => {
    const other = await openAppsFixture({ wrap: asPlainDuplex });
    other.serve((request, response) => void request.pipe(response));
    for (let round = 0; round < 3; round += 1) {
      const headers = { ...cookie, origin: other.origin };
      expect((await other.ask('/', { method: 'POST', headers, body: 'x' })).text).toBe('x');
    }
    expect(other.upstream.connections.size).toBe(1);
    const socket = requireOpen(await other.openSocket({ ...cookie, origin: other.origin }));
    socket.send('hello');
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(data.toString()).toBe('hello');
    socket.terminate();
    await other.close();
  });
});

function asPlainDuplex(socket: Socket): Duplex {
  const duplex = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk) => {
    if (!duplex.push(chunk)) socket.pause();
  });
  socket.on('end', () => duplex.push(null));
  socket.on('error', (error) => duplex.destroy(error));
  return duplex;
}
