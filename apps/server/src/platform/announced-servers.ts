/**
 * Announces servers to each other on one machine, by abstract Unix sockets: the kernel lists them for all users, and removes
 * them with their process. Runs have a network of their own, so that they neither see nor create any.
 */
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

export interface AnnouncedServer {
  serverId: string;
  pid: number;
}

const idLength = 36;
const answerTimeoutMs = 5000;
const answers = { known: 'known', unknown: 'unknown' } as const;

/**
 * Announces this server until `close`.
 * @param isRegistered answers other servers whether the database of this one has their id
 */
export async function announceServer(
  installationId: string,
  self: AnnouncedServer,
  isRegistered: (serverId: string) => Promise<boolean>,
): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).unref();
    // Any user of the machine may connect: a silent or broken one is dropped.
    socket.setTimeout(answerTimeoutMs, () => socket.destroy()).on('error', () => socket.destroy());
    answer(socket, isRegistered).catch(() => socket.destroy());
  });
  listener.listen(nameSocket(installationId, self));
  await once(listener, 'listening');
  listener.unref();
  return {
    async close() {
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function answer(socket: Socket, isRegistered: (serverId: string) => Promise<boolean>): Promise<void> {
  const serverId = await readText(socket, idLength);
  socket.end((await isRegistered(serverId)) ? answers.known : answers.unknown);
}

/** Lists the servers of an installation that run in this network namespace. */
export async function listAnnouncedServers(installationId: string): Promise<AnnouncedServer[]> {
  const prefix = `@${prefixOf(installationId)}`;
  const lines = (await readFile('/proc/net/unix', 'utf8')).split('\n');
  const found = new Map<string, AnnouncedServer>();
  for (const name of lines.map((line) => line.split(' ').at(-1) ?? '')) {
    if (!name.startsWith(prefix)) continue;
    const [serverId = '', pid = ''] = name.slice(prefix.length).split('/');
    found.set(serverId, { serverId, pid: Number.parseInt(pid, 10) });
  }
  return [...found.values()];
}

/** Asks an announced server whether its database has this server; null if it does not answer. */
export async function askWhetherRegistered(
  installationId: string,
  asked: AnnouncedServer,
  ownServerId: string,
): Promise<boolean | null> {
  const socket = connect(nameSocket(installationId, asked));
  socket.setTimeout(answerTimeoutMs, () => socket.destroy());
  try {
    await once(socket, 'connect');
    socket.write(ownServerId);
    const text = await readText(socket, answers.unknown.length);
    if (text === answers.known) return true;
    return text === answers.unknown ? false : null;
  } catch {
    return null;
  } finally {
    socket.destroy();
  }
}

/** Reads at most so many bytes, until the other side ends. */
async function readText(socket: Socket, length: number): Promise<string> {
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    received += chunk.length;
    if (received >= length) break;
  }
  return Buffer.concat(chunks).subarray(0, length).toString();
}

const prefixOf = (installationId: string) => `pumphouse/${installationId}/`;

/** A leading zero byte makes the name abstract. It has at most 107 bytes. */
const nameSocket = (installationId: string, { serverId, pid }: AnnouncedServer) =>
  `\0${prefixOf(installationId)}${serverId}/${pid}`;
