import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Duplex } from 'node:stream';
import { once } from 'node:events';
import { cookie, openAppsPlace, requireOpen, type AppsPlace } from './testing/apps-place.ts';

let place: AppsPlace;
beforeEach(async () => {
  place = await openAppsPlace();
});
afterEach(() => place.close());

describe('connections to an app', () => {
  it('are reused until another process serves the app', async () => {
    place.serve((_request, response) => response.end());
    for (let round = 0; round < 5; round += 1) await place.ask('/', { headers: cookie });
    expect(place.upstream.connections.size).toBe(1);
    place.fake.states.set('sales', place.readyAt(place.upstream.port, 'instance-2'));
    await place.ask('/', { headers: cookie });
    await expect.poll(() => place.upstream.connections.size).toBe(1);
    expect(new Set(place.upstream.requests.map(({ socket }) => socket)).size).toBe(2);
  });

  it('that close on reuse are replaced for repeatable requests', async () => {
    let answered = 0;
    place.serve((request, response) => {
      const { socket } = request;
      response.end('ok');
      answered += 1;
      // The next request on this connection finds it closed.
      response.on('finish', () => socket.removeAllListeners('data').once('data', () => socket.destroy()));
    });
    for (let round = 0; round < 3; round += 1)
      expect((await place.ask('/', { headers: cookie })).text).toBe('ok');
    expect(answered).toBe(3);
  });

  it('that send unsolicited data are not reused', async () => {
    place.serve((request, response) => {
      response.end('first');
      if (place.upstream.requests.length === 1)
        response.on('finish', () =>
          request.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother'),
        );
    });
    await place.ask('/', { headers: cookie });
    await expect.poll(() => place.upstream.connections.size).toBe(0);
    expect((await place.ask('/', { headers: cookie })).text).toBe('first');
  });

  it('need not be sockets', async () => {
    const other = await openAppsPlace({ wrap: asPlainDuplex });
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
