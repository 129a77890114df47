/** A network of a run's own: what pasta is told, what resolves names there, and the way in. */
import { constants, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, isIP, type Socket } from 'node:net';
import type { SandboxPlan } from './sandbox.ts';

/** Addresses inside, seen by nobody else. The machine's own would hide the machine from the run. */
const ADDRESS = '10.0.2.100';
const GATEWAY = '10.0.2.2';
const RESOLVER = '10.0.2.3';

/**
 * Argv of pasta, to which the bootstrap adds the ports that lead out to the machine's loopback and what holds the network. Nothing leads in:
 * neither a port of the machine, nor a address inside that stands for its loopback (the gateway does, unless it is told not to).
 */
export function buildPastaCommand(pastaPath: string, privileges: SandboxPlan['privileges']): string[] {
  return [
    [pastaPath, '--quiet', '--config-net', '--no-map-gw'],
    // Root stays its uid and loses its rights: pasta is in a user namespace of its own, and "nobody" could not make one any more.
    privileges === 'root' ? ['--runas', '0'] : [],
    ['--address', ADDRESS, '--netmask', '24', '--gateway', GATEWAY, '--dns-forward', RESOLVER],
    ['--tcp-ports', 'none', '--udp-ports', 'none', '--udp-ns', 'none'],
  ].flat();
}

/** Ports of the machine's loopback that user code needs, beside its telemetry's: the server's, where it listens there. */
export function listForwardedPorts(attemptsUrl: string): number[] {
  const { hostname, port, protocol } = new URL(attemptsUrl);
  if (hostname !== 'localhost' && !(isIP(hostname) === 4 && hostname.startsWith('127.'))) return [];
  return [port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)];
}

/** /etc/resolv.conf inside: pasta asks the machine's resolver, which may listen on its loopback. */
export function describeResolver(machines = readResolver()): string {
  const kept = machines.split('\n').filter((line) => /^(search|domain|options)\s/.test(line));
  return [`nameserver ${RESOLVER}`, ...kept, ''].join('\n');
}

function readResolver(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8');
  } catch {
    return '';
  }
}

const CONNECTED = 0;

/**
 * A connection to a port of the loopback inside an attempt's network, by way of the socket in its folder. By a descriptor of the
 * folder, since the path of a unix socket may have 107 bytes only. @throws Error when nothing listens there
 */
export async function connectToAttempt(folderPath: string, port: number): Promise<Socket> {
  const folder = await open(folderPath, constants.O_RDONLY | constants.O_DIRECTORY);
  let socket: Socket;
  try {
    socket = await connectSocket(`/proc/self/fd/${folder.fd}/door`);
  } finally {
    await folder.close();
  }
  socket.write(Uint8Array.of(port >> 8, port & 0xff));
  if ((await readByte(socket)) === CONNECTED) return socket;
  socket.destroy();
  throw new Error(`Nothing listens on port ${port} of the run.`);
}

function connectSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    // For good: an error that comes while nobody listens, as between two steps of a caller, would end the server.
    socket.on('error', reject);
  });
}

/** The first byte, or null where the other side ends; what follows stays to be read. */
function readByte(socket: Socket): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const settle = (byte: number | null, error?: Error): void => {
      socket.off('readable', read);
      socket.off('end', end);
      socket.off('error', fail);
      if (error === undefined) resolve(byte);
      else reject(error);
    };
    const read = (): void => {
      const piece = socket.read(1) as Buffer | null;
      if (piece !== null) settle(piece[0] ?? null);
    };
    const end = (): void => settle(null);
    const fail = (error: Error): void => settle(null, error);
    socket.on('readable', read);
    socket.once('end', end);
    socket.once('error', fail);
  });
}
