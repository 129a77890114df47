/** Attacks on connections between servers by those who reach the port of a server, or have the address of one. */
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServer, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import {
  answerHeader,
  appConnectionPath,
  appConnectionProtocol,
  createAppConnectionProofs,
} from '../executors/remote/app-connection-proof.ts';
import {
  installationKey,
  now,
  openAppConnections,
  proofs,
  proofsOf,
  serverId,
  target,
  type AppConnectionsFixture,
} from './testing/app-connections-fixture.ts';
import { connectThroughServer } from '../executors/remote/connect-through-server.ts';
import { createEncryption } from '../platform/encryption.ts';

let site: AppConnectionsFixture;
beforeEach(async () => {
  site = await openAppConnections();
});
afterEach(() => site.close());

function ask(headers: Record<string, string>, path = appConnectionPath): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const upgrade = { connection: 'Upgrade', upgrade: appConnectionProtocol };
  const sent = request({ host: '127.0.0.1', port: site.port, path, headers: { ...upgrade, ...headers } });
  sent.on('upgrade', (answer, socket) => {
    socket.destroy();
    resolve(answer);
  });
  sent.on('response', resolve).on('error', reject).end();
  return promise;
}

describe('without a proof', () => {
  const { headers } = proofs.createCall(serverId, target, now);
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
    [
      'the key, but for another installation',
      proofsOf(installationKey, 'x').createCall(serverId, target, now).headers,
    ],
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
    expect(site.connected).toEqual([]);
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
    expect(site.connected).toHaveLength(1);
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
      createEncryption({ current: installationKey, others: [next] }),
    );
    const { headers: sent } = createAppConnectionProofs(
      'installation-1',
      createEncryption({ current: next, others: [installationKey] }),
    ).createCall(serverId, target, now);
    expect(replaced.readCall(serverId, sent)?.target).toEqual(target);
    expect(proofs.readCall(serverId, sent)).toBeNull();
  });
});

describe('the answer of a stranger who has the address of a server', () => {
  it('is refused', async () => {
    const stranger = createServer();
    stranger.on('upgrade', (_request, socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${appConnectionProtocol}\r\n${answerHeader}: ${'a'.repeat(43)}\r\n\r\n`,
      );
    });
    await once(stranger.listen(0, '127.0.0.1'), 'listening');
    const other = { serverId, now, address: `127.0.0.1:${(stranger.address() as AddressInfo).port}` };
    await expect(connectThroughServer(other, target, proofs)).rejects.toThrow(
      'is not a server of this installation',
    );
    stranger.closeAllConnections();
    stranger.close();
  });
});
