import type { AddressInfo, Server, Socket } from 'node:net';
import type { AlertReceiver } from '../../../../testing/fixtures/alert-receiver.ts';
import type { OutboundOptions } from './outbound-http.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from 'node:net';
import { createAddressPolicy, isPublicAddress } from './address-policy.ts';
import { createOutboundHttp } from './outbound-http.ts';
import { startAlertReceiver } from '../../../../testing/fixtures/alert-receiver.ts';

let receiver: AlertReceiver;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  receiver = await startAlertReceiver();
});
afterAll(() => receiver.close());
afterEach(async () => {
  receiver.received.length = 0;
  receiver.respondStatus(200, 'ok');
  for (const close of closing.splice(0)) await close();
});

const unresolved = async (): Promise<string[]> => {
  throw new Error('no such name');
};

function createOutbound({
  allowed = [] as string[],
  hosts = [] as string[],
  own = [] as string[],
  ...changes
}: Partial<OutboundOptions> & { allowed?: string[]; hosts?: string[]; own?: string[] } = {}) {
  return createOutboundHttp({
    policy: createAddressPolicy(
      () => ({ hosts, networks: allowed }),
      async () => own,
    ),
    resolve: unresolved,
    resolveAllowed: unresolved,
    // No test waits that long, except on a machine that is slow for it.
    limits: { totalMs: 60_000, bodyMs: 60_000 },
    ...changes,
  });
}

/** For receivers that would take all the time that they get. */
const hasty = { limits: { totalMs: 600, bodyMs: 150 } };

const post = (outbound: ReturnType<typeof createOutbound>, url: string) =>
  outbound.post({ url, headers: { 'content-type': 'application/json' }, body: '{}' });

/** A TCP server that handles each connection itself. */
async function startRaw(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('addresses', () => {
  it.each([
    '127.0.0.1',
    '127.1.2.3',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.100.100.200',
    '169.254.169.254',
    '168.63.129.16',
    '192.0.0.192',
    '198.18.0.1',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'fc00::1',
    'fec0::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::',
    '2001:0:53aa:64c:0:fbff:80ff:fffe',
    '2001:db8::1',
    '100::1',
    '3fff::1',
    'localhost',
    '',
    '127.1',
  ])('%s is not public', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '169.253.0.1', '2606:4700::1111', '2a00:1450:4001::1'])(
    '%s is public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    (port: number) => `https://127.0.0.1:${port}/`,
    (port: number) => `https://localhost:${port}/`,
    (port: number) => `https://2130706433:${port}/`,
    (port: number) => `https://0x7f000001:${port}/`,
    (port: number) => `https://0x7f.1:${port}/`,
    (port: number) => `https://0177.0.0.1:${port}/`,
    (port: number) => `https://127.1:${port}/`,
    (port: number) => `https://0:${port}/`,
    (port: number) => `https://[::1]:${port}/`,
    (port: number) => `https://[::ffff:127.0.0.1]:${port}/`,
    (port: number) => `https://[::ffff:7f00:1]:${port}/`,
    (port: number) => `https://[64:ff9b::127.0.0.1]:${port}/`,
    (port: number) => `https://[2002:7f00:1::]:${port}/`,
    (port: number) => `https://１２７.0.0.1:${port}/`,
    (port: number) => `https://127。0。0。1:${port}/`,
    () => 'https://169.254.169.254/latest/meta-data/',
    () => 'https://[fd00:ec2::254]/',
  ])('are refused in every notation: %s', async (build) => {
    const before = receiver.connections();
    const resolve = async (name: string) => (name === 'localhost' ? ['127.0.0.1'] : unresolved());
    const result = await post(createOutbound({ resolve }), build(receiver.port));
    expect(result).toEqual({ kind: 'refused', reason: 'address_not_allowed' });
    expect(receiver.connections()).toBe(before);
  });

  it.each([
    'https://user:secret@example.com/',
    'https://example.com@127.0.0.1/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_',
    'data:text/plain,x',
    'https://',
    '//example.com',
  ])('are refused with other schemes or a user: %s', async (url) => {
    expect(await post(createOutbound({ allowed: ['0.0.0.0/0'] }), url)).toEqual({
      kind: 'refused',
      reason: 'invalid_url',
    });
  });
});

describe('a name', () => {
  it('is refused when only one of its addresses is internal', async () => {
    const outbound = createOutbound({ resolve: async () => ['8.8.8.8', '10.0.0.1'] });
    expect(await post(outbound, 'https://hooks.example.com/')).toEqual({
      kind: 'refused',
      reason: 'address_not_allowed',
    });
  });

  it('is refused when it resolves to an address of this server or of the database', async () => {
    const outbound = createOutbound({ resolve: async () => ['8.8.8.8'], own: ['8.8.8.8'] });
    expect(await post(outbound, 'https://hooks.example.com/')).toMatchObject({ kind: 'refused' });
  });

  it('is resolved once: the request goes to the address that was checked', async () => {
    let answers = 0;
    // The second answer would lead to an address that is allowed, but nothing listens there.
    const resolve = async () => ((answers += 1) === 1 ? ['127.0.0.1'] : ['127.0.0.9']);
    const outbound = createOutbound({ resolve, allowed: ['127.0.0.1'] });
    const result = await post(outbound, `http://rebinding.example.com:${receiver.port}/hook`);
    expect(result).toMatchObject({ kind: 'answered', status: 200 });
    expect(answers).toBe(1);
    expect(receiver.received[0]?.headers.host).toBe(`rebinding.example.com:${receiver.port}`);
  });

  it('is refused at its next request when it resolves to an internal address by then', async () => {
    const addresses = [['127.0.0.1'], ['10.0.0.1']];
    const outbound = createOutbound({
      resolve: async () => addresses.shift() ?? [],
      allowed: ['127.0.0.1'],
    });
    const url = `http://rebinding.example.com:${receiver.port}/`;
    expect(await post(outbound, url)).toMatchObject({ status: 200 });
    expect(await post(outbound, url)).toMatchObject({ kind: 'refused' });
  });

  it('needs https unless an operator allows it', async () => {
    const resolve = async () => ['8.8.8.8'];
    expect(await post(createOutbound({ resolve }), 'http://hooks.example.com/')).toEqual({
      kind: 'refused',
      reason: 'https_required',
    });
    const resolveAllowed = async () => ['127.0.0.1'];
    const outbound = createOutbound({ resolveAllowed, hosts: ['Alerts.Internal'] });
    expect(await post(outbound, `http://alerts.internal:${receiver.port}/`)).toMatchObject({ status: 200 });
    expect(await post(outbound, `http://other.internal:${receiver.port}/`)).toMatchObject({
      reason: 'dns_failed',
    });
  });

  it('whose name servers never answer ends with the time of the request', async () => {
    const outbound = createOutbound({ ...hasty, resolve: () => new Promise(() => undefined) });
    expect(await post(outbound, 'https://hooks.example.com/')).toEqual({
      kind: 'unanswered',
      reason: 'timeout',
    });
  });
});

describe('a receiver', () => {
  const loopback = { allowed: ['127.0.0.0/8'] };

  it.each([301, 302, 303, 307, 308])('that redirects with %i is not followed', async (status) => {
    const target = await startAlertReceiver();
    closing.push(target.close);
    receiver.respondStatus(status, '', { location: target.url });
    expect(await post(createOutbound(loopback), receiver.url)).toMatchObject({ kind: 'answered', status });
    expect(target.connections()).toBe(0);
  });

  it('that answers without end is cut off', async () => {
    let isClosed = false;
    const url = await startRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const more = () => void socket.write(`400\r\n${'x'.repeat(1024)}\r\n`);
      const timer = setInterval(more, 1);
      socket.on('close', () => {
        clearInterval(timer);
        isClosed = true;
      });
    });
    const result = await post(createOutbound(loopback), url);
    expect(result).toMatchObject({ kind: 'answered', status: 200 });
    expect(result.kind === 'answered' && result.body.length).toBe(2048);
    await expect.poll(() => isClosed).toBe(true);
  });

  it('that sends its header slowly ends with the time of the request', async () => {
    const url = await startRaw((socket) => {
      const timer = setInterval(() => void socket.write('H'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    const started = performance.now();
    const result = await post(createOutbound({ ...loopback, ...hasty }), url);
    expect(result.kind).toBe('unanswered');
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('that sends headers one at a time ends with the time of the request', async () => {
    const url = await startRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      let count = 0;
      const timer = setInterval(() => void socket.write(`x-${(count += 1)}: y\r\n`), 20);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await post(createOutbound({ ...loopback, ...hasty }), url)).toEqual({
      kind: 'unanswered',
      reason: 'timeout',
    });
  });

  it('that sends its body slowly counts as having answered', async () => {
    const url = await startRaw((socket) => {
      socket.write('HTTP/1.1 202 Accepted\r\ncontent-length: 1000\r\n\r\n');
      const timer = setInterval(() => void socket.write('z'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    const limits = { totalMs: 60_000, bodyMs: 150 };
    expect(await post(createOutbound({ ...loopback, limits }), url)).toMatchObject({
      kind: 'answered',
      status: 202,
    });
  });

  it.each([
    ['a huge header', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(64 * 1024)}\r\n\r\n`, 'invalid_answer'],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', 'invalid_answer'],
    ['nothing', '', 'connection_failed'],
  ])('that answers with %s is not understood', async (_, answer, reason) => {
    const url = await startRaw((socket) => socket.end(answer));
    expect(await post(createOutbound(loopback), url)).toEqual({ kind: 'unanswered', reason });
  });

  it('that changes the protocol is left', async () => {
    const url = await startRaw((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    );
    expect(await post(createOutbound(loopback), url)).toMatchObject({ kind: 'unanswered' });
  });

  it('with an untrusted certificate gets nothing, and one with a trusted certificate is reached', async () => {
    const secure = await startAlertReceiver({ tls: true });
    closing.push(secure.close);
    const resolve = async () => ['127.0.0.1'];
    const url = `https://hooks.example.com:${secure.port}/`;
    expect(await post(createOutbound({ ...loopback, resolve }), url)).toEqual({
      kind: 'unanswered',
      reason: 'tls_failed',
    });
    expect(secure.received).toEqual([]);
    const trusting = createOutbound({ ...loopback, resolve, ca: secure.ca ?? '' });
    expect(await post(trusting, url)).toMatchObject({ status: 200 });
    // The certificate is checked against the name of the URL, not the address.
    expect(await post(trusting, `https://other.example.com:${secure.port}/`)).toEqual({
      kind: 'unanswered',
      reason: 'tls_failed',
    });
  });

  it('is not reached through a proxy of the environment', async () => {
    const proxy = await startAlertReceiver();
    closing.push(proxy.close);
    process.env['HTTP_PROXY'] = process.env['http_proxy'] = proxy.url;
    try {
      await post(createOutbound(loopback), receiver.url);
    } finally {
      delete process.env['HTTP_PROXY'];
      delete process.env['http_proxy'];
    }
    expect(receiver.received).toHaveLength(1);
    expect(proxy.connections()).toBe(0);
  });
});
