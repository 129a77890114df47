/** Finds listeners on this machine, with a program that tries to connect to all of them. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';

/** A host and a port; a host may have a zone (`fe80::1%eth0`). */
export type Target = [string, number];

/** Listens at an address and greets each client. */
export async function greetAt(host: string): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => socket.on('error', () => undefined).end('hello'));
  server.listen(0, host);
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** TCP ports with a listener on any address of this machine, from the kernel's table. */
export function listListeningPorts(): number[] {
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) =>
    readFileSync(path, 'utf8').split('\n').slice(1),
  );
  const listening = lines.map((line) => line.trim().split(/\s+/)).filter(([, , , state]) => state === '0A');
  return [...new Set(listening.map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16)))];
}

/** All addresses under which this machine can be reached from a network inside it. */
export function listMachineAddresses(): string[] {
  const own = Object.values(networkInterfaces())
    .flat()
    .flatMap((one) => (one === undefined ? [] : [one]))
    // Inside, the outgoing interface has its own name, and a zone must name an existing interface.
    .flatMap(({ address, scopeid = 0 }) =>
      scopeid === 0 ? [address] : [`${address}%eth0`, `${address}%lo`],
    );
  return [...new Set([...own, '127.0.0.1', '127.0.0.2', '::1', '0.0.0.0', '::', '::ffff:127.0.0.1'])];
}

/** Python: `reach_all(targets)` returns the targets that accepted a connection, as `host port`. */
export const reachAll = `
import socket
from concurrent.futures import ThreadPoolExecutor

def reach(target):
    host, port = target
    try:
        socket.create_connection((host, port), 5).close()
        return f"{host} {port}"
    except OSError:
        return None

def reach_all(targets):
    with ThreadPoolExecutor(16) as pool:
        return [reached for reached in pool.map(reach, targets) if reached]
`;
