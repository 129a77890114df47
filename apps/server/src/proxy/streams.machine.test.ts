import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { ServerResponse } from 'node:http';
import type { WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from 'node:net';
import { once } from 'node:events';
import { request as openRequest } from 'node:http';
import {
  cookie,
  openAppsFixture,
  openGarbage,
  requireOpen,
  type AppsFixture,
} from './testing/apps-fixture.ts';
import { keyHolder, member } from './testing/fake-gate.ts';

let context: AppsFixture;
beforeEach(async () => {
  context = await openAppsFixture({ limits: { connectionsOfApp: 2000, connectionsOfVisitor: 2000 } });
});
afterEach(() => context.close());

const own = () => ({ ...cookie, origin: context.origin });
const megabyte = 1024 * 1024;

/** Resolves even if the connection was reset, for which `once` would reject. */
function closed(emitter: EventEmitter | undefined): Promise<void> {
  if (!emitter) throw new Error('There is nothing that could close');
  emitter.on('error', () => undefined);
  return new Promise((resolve) => emitter.once('close', () => resolve()));
}

/** Writes `count` megabytes at the reader's pace. */
function writeMegabytes(response: ServerResponse, count: number): void {
  const chunk = Buffer.alloc(megabyte, 'x');
  let left = count;
  const write = () => {
    while (left > 0) {
      left -= 1;
      if (!response.write(chunk)) return;
    }
    response.end();
  };
  response.on('drain', write);
  write();
}

describe('a WebSocket', () => {
  beforeEach(() => context.serve((_request, response) => response.end()));

  it('carries messages of all sizes in both directions', async () => {
    const socket = requireOpen(await context.openSocket(own()));
    for (const size of [0, 1, 126, 70_000, megabyte]) {
      socket.send('x'.repeat(size));
      const [data] = (await once(socket, 'message')) as [Buffer];
      expect(data.length).toBe(size);
    }
    socket.close(4000, 'done');
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(4000);
    await expect.poll(() => context.listener.countOpen()).toBe(0);
  });

  it('is closed when its app goes away', async () => {
    const socket = requireOpen(await context.openSocket(own()));
    for (const connection of context.upstream.connections) connection.destroy();
    await once(socket, 'close');
    await expect.poll(() => context.listener.countOpen()).toBe(0);
  });

  it('closes its app’s side when the visitor disconnects', async () => {
    const socket = requireOpen(await context.openSocket(own()));
    socket.terminate();
    await expect.poll(() => context.upstream.sockets.clients.size).toBe(0);
  });

  it('cannot set the session cookie', async () => {
    const accept =
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSet-Cookie: own=1\r\nSet-Cookie: Pumphouse-App=evil\r\nStrict-Transport-Security: max-age=1';
    const garbage = await openGarbage(`HTTP/1.1 101 Switching\r\n${accept}\r\n\r\nHELLO`);
    context.fake.states.set('sales', context.readyAt(garbage.port));
    const answer = await context.sendRaw(
      `GET / HTTP/1.1\r\nHost: sales.localhost:${context.port}\r\nCookie: pumphouse-app-sales=good\r\nOrigin: ${context.origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    garbage.close();
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).toContain('Set-Cookie: own=1');
    expect(answer).not.toMatch(/evil|strict-transport/i);
    expect(answer).toMatch(/\r\n\r\nHELLO$/);
  });

  it.each([
    ['a refusal', 'HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno', 403],
    ['garbage', 'no HTTP\r\n', 502],
    ['another protocol', 'HTTP/1.1 101 X\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n', 502],
    ['nothing', '', 502],
  ])('that its app answers with %s gets that response', async (_, bytes, status) => {
    const garbage = await openGarbage(bytes);
    context.fake.states.set('sales', context.readyAt(garbage.port));
    expect(await context.openSocket(own())).toBe(status);
    garbage.close();
  });

  it('can be one of a thousand', { timeout: 120_000 }, async () => {
    const sockets: WebSocket[] = [];
    while (sockets.length < 1000) {
      const some = Array.from({ length: 100 }, () => context.openSocket(own()));
      sockets.push(...(await Promise.all(some)).map(requireOpen));
    }
    expect(context.listener.countOpen()).toBe(1000);
    const echoes = await Promise.all(
      sockets.map(async (socket, at) => {
        socket.send(`message ${at}`);
        const [data] = (await once(socket, 'message')) as [Buffer];
        return data.toString();
      }),
    );
    expect(echoes).toEqual(sockets.map((_, at) => `message ${at}`));
    for (const socket of sockets) socket.terminate();
    await expect.poll(() => context.listener.countOpen()).toBe(0);
  });
});

describe('use of an app', () => {
  it('includes each request and data transfer, but no pings', async () => {
    const quick = await openAppsFixture({ limits: { noteMs: 0 } });
    quick.serve((_request, response) => response.end());
    const socket = requireOpen(await quick.openSocket({ ...cookie, origin: quick.origin }));
    expect(quick.fake.uses).toEqual([{ label: 'sales', visitor: member }]);
    const [ofApp] = quick.upstream.sockets.clients;
    const pong = once(socket, 'pong');
    socket.ping();
    ofApp?.ping();
    await pong;
    expect(quick.fake.uses).toHaveLength(1);
    socket.send('hello');
    await once(socket, 'message');
    expect(quick.fake.uses).toHaveLength(3);
    socket.terminate();
    await quick.ask('/', { headers: { authorization: 'Bearer dlt_u_key' } });
    expect(quick.fake.uses.at(-1)).toEqual({ label: 'sales', visitor: keyHolder });
    await quick.close();
  });

  it('that cannot be recorded blocks nothing', async () => {
    context.serve((_request, response) => response.end('reached'));
    context.gate.noteUse = () => {
      throw new Error('no room');
    };
    expect((await context.ask('/', { headers: cookie })).text).toBe('reached');
    expect(context.logged.join()).toContain('no room');
  });

  it('is not recorded for each chunk', async () => {
    context.serve((_request, response) => response.end());
    const socket = requireOpen(await context.openSocket(own()));
    for (let round = 0; round < 10; round += 1) {
      socket.send('hello');
      await once(socket, 'message');
    }
    expect(context.fake.uses).toHaveLength(1);
    socket.terminate();
  });
});

describe('an event stream', () => {
  it('arrives as it is written', async () => {
    const streams: ServerResponse[] = [];
    context.serve((_request, response) => {
      streams.push(response.writeHead(200, { 'content-type': 'text/event-stream' }));
      response.flushHeaders();
    });
    const answer = await context.openStream('/events', { headers: cookie });
    expect(answer.headers['content-type']).toBe('text/event-stream');
    for (const text of ['data: 1\n\n', ': ping\n\n', 'data: 2\n\n']) {
      streams[0]?.write(text);
      const [chunk] = (await once(answer, 'data')) as [Buffer];
      expect(chunk.toString()).toBe(text);
    }
    answer.destroy();
    await expect.poll(() => context.listener.countOpen()).toBe(0);
    await expect.poll(() => streams[0]?.closed).toBe(true);
  });

  it('stays open while silent, unlike other silent responses', async () => {
    const hasty = await openAppsFixture({ limits: { idleMs: 2000 } });
    hasty.serve((request, response) => {
      response.writeHead(200, {
        'content-type': request.url === '/sse' ? 'text/event-stream' : 'text/plain',
      });
      response.flushHeaders();
    });
    const events = await hasty.openStream('/sse', { headers: cookie });
    const text = await hasty.openStream('/text', { headers: cookie });
    await closed(text.resume());
    await expect.poll(() => hasty.listener.countOpen()).toBe(1);
    expect(events.destroyed).toBe(false);
    events.destroy();
    await hasty.close();
  });
});

describe('large bodies', () => {
  it('are downloaded with constant memory, and wait for a slow visitor', { timeout: 120_000 }, async () => {
    context.serve((_request, response) => writeMegabytes(response, 1024));
    const answer = await context.openStream('/large', { headers: cookie });
    const before = process.memoryUsage.rss();
    let bytes = 0;
    let most = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      most = Math.max(most, process.memoryUsage.rss());
    }
    expect(bytes).toBe(1024 * megabyte);
    // The upstream and the visitor run in this process too.
    expect((most - before) / megabyte).toBeLessThan(200);
  });

  it('are uploaded with constant memory', { timeout: 120_000 }, async () => {
    let received = 0;
    context.serve((request, response) => {
      request.on('data', (chunk: Buffer) => (received += chunk.length));
      request.on('end', () => response.end('done'));
    });
    const sent = openRequest({
      host: '127.0.0.1',
      port: context.port,
      method: 'POST',
      headers: { ...own(), host: `sales.localhost:${context.port}` },
    });
    const before = process.memoryUsage.rss();
    let most = 0;
    const chunk = Buffer.alloc(megabyte);
    for (let count = 0; count < 256; count += 1) {
      if (!sent.write(chunk)) await once(sent, 'drain');
      most = Math.max(most, process.memoryUsage.rss());
    }
    sent.end();
    const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
    answer.resume();
    expect(received).toBe(256 * megabyte);
    expect((most - before) / megabyte).toBeLessThan(150);
  });

  it('need not have begun for their app to respond', async () => {
    context.serve((asked, response) => {
      response.flushHeaders();
      asked.pipe(response);
    });
    const sent = openRequest({
      host: '127.0.0.1',
      port: context.port,
      method: 'POST',
      headers: { ...own(), host: `sales.localhost:${context.port}` },
    });
    sent.flushHeaders();
    const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
    sent.end('late');
    expect(String((await once(answer, 'data'))[0])).toBe('late');
  });

  it('do not accumulate for a visitor who does not read', async () => {
    let written = 0;
    let isStuck = false;
    context.serve((_request, response) => {
      const chunk = Buffer.alloc(megabyte);
      const write = () => {
        while (response.write(chunk)) written += 1;
        isStuck = true;
      };
      response.on('drain', write);
      write();
    });
    const answer = await context.openStream('/large', { headers: cookie });
    await expect.poll(() => isStuck).toBe(true);
    let before = -1;
    const isHeldUp = () => {
      const isSame = written === before;
      before = written;
      return isSame;
    };
    await expect.poll(isHeldUp, { interval: 200 }).toBe(true);
    expect(written).toBeLessThan(64);
    answer.destroy();
    await expect.poll(() => context.listener.countOpen()).toBe(0);
  });
});

describe('revoked access', () => {
  it("cuts the visitor's open connections at once, and no others", async () => {
    context.serve((_request, response) => void response.write('begun'));
    const answer = await context.openStream('/', { headers: cookie });
    answer.resume();
    const socket = requireOpen(await context.openSocket(own()));
    const other = await context.openStream('/', { headers: { authorization: 'Bearer dlt_u_key' } });
    expect(context.listener.countOpen()).toBe(3);
    const cut = [closed(answer), closed(socket)];
    context.fake.takeAccess({ ...member });
    await Promise.all(cut);
    await expect.poll(() => context.listener.countOpen()).toBe(1);
    await expect.poll(() => context.upstream.connections.size).toBe(1);
    expect(other.destroyed).toBe(false);
    other.destroy();
  });

  it('is noticed after revocation by another server, in one call for all', async () => {
    context.serve((_request, response) => void response.write('begun'));
    const answers = await Promise.all(
      [cookie, cookie, { authorization: 'Bearer dlt_u_key' }].map((headers) =>
        context.openStream('/', { headers }),
      ),
    );
    const asked: number[] = [];
    const { gate } = context;
    const findEnded = gate.findEnded.bind(gate);
    gate.findEnded = (visitors) => {
      asked.push(visitors.length);
      return findEnded(visitors);
    };
    context.fake.ended.add(keyHolder);
    await closed(answers[2]?.resume());
    expect(asked[0]).toBe(2);
    await expect.poll(() => context.listener.countOpen()).toBe(2);
    for (const answer of answers) answer.destroy();
  });

  it('cuts visitors who wait for a starting app', async () => {
    const answer = context.ask('/', { headers: cookie });
    await expect.poll(() => context.listener.countOpen()).toBe(1);
    context.fake.takeAccess(member);
    await expect(answer).rejects.toThrow('hang up');
  });

  it('cuts no connection if the check fails', async () => {
    context.serve((_request, response) => void response.write('begun'));
    let asked = 0;
    context.gate.findEnded = () => {
      asked += 1;
      return Promise.reject(new Error('the database is away'));
    };
    const answer = await context.openStream('/', { headers: cookie });
    await expect.poll(() => asked).toBeGreaterThan(1);
    expect(context.listener.countOpen()).toBe(1);
    answer.destroy();
  });
});

describe('limits', () => {
  it('apply per visitor and per app', async () => {
    const small = await openAppsFixture({ limits: { connectionsOfApp: 3, connectionsOfVisitor: 2 } });
    small.serve((_request, response) => void response.write('begun'));
    const key = { authorization: 'Bearer dlt_u_key' };
    const open = [];
    for (const headers of [cookie, cookie, key]) open.push(await small.openStream('/', { headers }));
    expect((await small.ask('/', { headers: cookie })).status).toBe(503);
    const refused = await small.ask('/', { headers: key });
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'too_many_connections' });
    expect(await small.openSocket({ ...cookie, origin: small.origin })).toBe(503);
    open[0]?.destroy();
    await expect.poll(() => small.listener.countOpen()).toBe(2);
    const again = await small.openStream('/', { headers: key });
    expect(again.statusCode).toBe(200);
    await small.close();
  });

  it('end a request whose headers do not arrive', async () => {
    const hasty = await openAppsFixture({ limits: { headMs: 100 } });
    const answer = await hasty.sendRaw('GET / HTTP/1.1\r\nHost: sales.loc');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    await hasty.close();
  });

  it('reject headers that are too large, and garbage', async () => {
    expect(await context.sendRaw(`GET / HTTP/1.1\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`)).toMatch(/ 431 /);
    expect(await context.sendRaw('\x16\x03\x01\x02\x00\x01\r\n\r\n')).toMatch(/ 400 /);
  });
});

describe('close', () => {
  it('lets requests finish, then cuts the rest', async () => {
    await context.close();
    context = await openAppsFixture({ limits: { drainMs: 5000 } });
    let finish = () => undefined as unknown;
    context.serve((request, response) => {
      response.write('begun ');
      if (request.url === '/short') finish = () => response.end('ended');
    });
    const short = context.ask('/short', { headers: cookie });
    const long = await context.openStream('/long', { headers: cookie });
    const socket = requireOpen(await context.openSocket(own()));
    long.resume();
    await expect.poll(() => context.listener.countOpen()).toBe(3);
    await expect.poll(() => context.upstream.requests.length).toBe(3);
    const cut = [closed(long), closed(socket)];
    const closing = context.listener.close();
    finish();
    expect((await short).text).toBe('begun ended');
    await Promise.all([...cut, closing]);
    const late: Socket = connect({ host: '127.0.0.1', port: context.port });
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });
});
