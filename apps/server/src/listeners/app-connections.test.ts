import type { AddressInfo } from 'node:net';
import type { AppTarget } from '../executors/remote/app-connection-proof.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buffer, text } from 'node:stream/consumers';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { duplexPair, type Duplex } from 'node:stream';
import { once } from 'node:events';
import { pino } from 'pino';
import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import {
  answerHeader,
  appConnectionPath,
  appConnectionProtocol,
  createAppConnectionProofs,
} from '../executors/remote/app-connection-proof.ts';
import { connectThroughServer } from '../executors/remote/connect-through-server.ts';
import { createEncryption } from '../platform/encryption.ts';
import { isAppConnection, serveAppConnections } from './app-connections.ts';

const key = randomBytes(32);
const proofsOf = (secretKey = key, installationId = 'installation-1') =>
  createAppConnectionProofs(installationId, createEncryption(secretKey));
const proofs = proofsOf();
const serverId = 'server-1';
const target: AppTarget = {
  handle: { executor: 'worker', version: 1, data: { workerId: 'worker-1' } },
  port: 5000,
};

let now = new Date('2026-03-10T12:30:00Z');
let server: Server;
let end: () => void;
/** Both ends of the connections into apps, with what was asked for. */
let connected: { target: AppTarget; near: Duplex; app: Duplex }[];
let problem: Error | null;

beforeEach(async () => {
  now = new Date('2026-03-10T12:30:00Z');
  connected = [];
  problem = null;
  server = createServer({ shouldUpgradeCallback: isAppConnection }, (_request, response) =>
    response.writeHead(404).end('no such page'),
  );
  end = serveAppConnections(server, {
    serverId,
    proofs,
    readClock: async () => now,
    async connect(asked) {
      if (problem) throw problem;
      const [near, far] = duplexPair({ allowHalfOpen: true });
      far.on('error', () => undefined);
      connected.push({ target: asked, near, app: far });
      return near;
    },
    log: pino({ level: 'silent' }),
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(() => {
  end();
  server.closeAllConnections();
  server.close();
});

const addressOf = (of: Server) => `127.0.0.1:${(of.address() as AddressInfo).port}`;
const open = (by = proofs, at = { serverId, now }) =>
  connectThroughServer({ ...at, address: addressOf(server) }, target, by);

function ask(headers: Record<string, string>, path = appConnectionPath): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { port } = server.address() as AddressInfo;
  const upgrade = { connection: 'Upgrade', upgrade: appConnectionProtocol };
  const sent = request({ host: '127.0.0.1', port, path, headers: { ...upgrade, ...headers } });
  sent.on('upgrade', (answer, socket) => {
    socket.destroy();
    resolve(answer);
  });
  sent.on('response', resolve).on('error', reject).end();
  return promise;
}

describe('a connection of another server into an app', () => {
  it('carries bytes in both directions, and each half ends on its own', async () => {
    const connection = await open();
    expect(connected.map((one) => one.target)).toEqual([target]);
    const app = connected[0]?.app as Duplex;
    const much = randomBytes(3 * 1024 * 1024);
    const received = buffer(app);
    connection.end(much);
    expect((await received).equals(much)).toBe(true);
    const answered = buffer(connection);
    app.end(much);
    expect((await answered).equals(much)).toBe(true);
  });

  it('is cut on both sides when one of them breaks', async () => {
    const first = await open();
    const second = await open();
    const [one, other] = connected;
    first.destroy();
    await once(one?.app.resume() ?? first, 'end');
    // TCP reports that the other side is gone only to those who write.
    while (one?.near.destroyed === false) {
      one.app.write('more');
      await setImmediate();
    }
    const broken = once(second, 'error');
    other?.near.destroy();
    expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' });
  });

  it('ends when the server that has the worker stops', async () => {
    const connection = await open();
    const broken = once(connection, 'error');
    end();
    expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' });
  });

  it('fails with the reason if the app cannot be reached', async () => {
    problem = new Error('The worker of this app is not connected to this server.');
    await expect(open()).rejects.toThrow(/refused: 502 .*not connected to this server/);
  });

  it('fails if the server is away', async () => {
    const address = addressOf(server);
    server.close();
    await expect(connectThroughServer({ serverId, now, address }, target, proofs)).rejects.toThrow(
      /cannot be reached: connect ECONNREFUSED/,
    );
  });

  it('fails if a stranger has the address of the server', async () => {
    const stranger = createServer();
    stranger.on('upgrade', (_request, socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${appConnectionProtocol}\r\n${answerHeader}: ${'a'.repeat(43)}\r\n\r\n`,
      );
    });
    await once(stranger.listen(0, '127.0.0.1'), 'listening');
    const other = { serverId, now, address: addressOf(stranger) };
    await expect(connectThroughServer(other, target, proofs)).rejects.toThrow(
      'is not a server of this installation',
    );
    stranger.closeAllConnections();
    stranger.close();
  });
});

describe('without a proof', () => {
  const { headers } = proofs.createCall(serverId, target, new Date('2026-03-10T12:30:00Z'));
  const otherApp = proofs.createCall(serverId, { ...target, port: 5001 }, now).headers;

  it.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['only an app', { 'pumphouse-app': headers['pumphouse-app'] }],
    ['a token', { ...headers, authorization: 'Bearer phw_aaaaaaaa' }],
    ['another app than the proved one', { ...headers, 'pumphouse-app': otherApp['pumphouse-app'] }],
    ['another time', { ...headers, authorization: headers.authorization.replace(/at=\d+/, 'at=1') }],
    ['a changed proof', { ...headers, authorization: headers.authorization.replace(/.$/, '!') }],
    ['an empty proof', { ...headers, authorization: headers.authorization.replace(/proof=.*/, 'proof=') }],
    ['the key of another installation', proofsOf(randomBytes(32)).createCall(serverId, target, now).headers],
    ['the key, but for another installation', proofsOf(key, 'x').createCall(serverId, target, now).headers],
    ['a proof for another server', proofs.createCall('server-2', target, now).headers],
    ['a proof of the answer', { ...headers, authorization: answerAsCall() }],
    [
      'a proof that is too old',
      proofs.createCall(serverId, target, new Date(now.getTime() - 31_000)).headers,
    ],
    ['a proof of the future', proofs.createCall(serverId, target, new Date(now.getTime() + 31_000)).headers],
  ])('a call with %s is refused, and nothing is connected', async (_, given) => {
    const answer = await ask(given);
    expect(answer.statusCode).toBe(401);
    expect(await text(answer)).toContain('Only a server of this installation can open this connection.');
    expect(connected).toEqual([]);
  });

  /** The answer of a server, sent back as if it were a call. */
  function answerAsCall(): string {
    const read = proofs.readCall(serverId, headers);
    return headers.authorization.replace(/proof=.*/, `proof=${read?.answer}`);
  }

  it('a call that was proved once is refused the second time', async () => {
    const { headers: seen } = proofs.createCall(serverId, target, now);
    const answers = await Promise.all([ask(seen), ask(seen)]);
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([101, 401]));
    expect((await ask(seen)).statusCode).toBe(401);
    expect(connected).toHaveLength(1);
  });

  it('other paths and protocols are not connections', async () => {
    const { headers: good } = proofs.createCall(serverId, target, now);
    expect((await ask(good, '/pumphouse/v1/servers')).statusCode).toBe(404);
    expect((await ask({ ...good, upgrade: 'websocket' })).statusCode).toBe(404);
  });

  it('a call under an older key is accepted while the key is replaced', async () => {
    const next = randomBytes(32);
    const replaced = createAppConnectionProofs(
      'installation-1',
      createEncryption({ current: key, others: [next] }),
    );
    const { headers: sent } = createAppConnectionProofs(
      'installation-1',
      createEncryption({ current: next, others: [key] }),
    ).createCall(serverId, target, now);
    expect(replaced.readCall(serverId, sent)?.target).toEqual(target);
    expect(proofs.readCall(serverId, sent)).toBeNull();
  });
});
