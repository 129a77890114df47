/**
 * A unix socket for attempts that are processes on this machine: unlike a port, no other program can take it
 * over.
 */
import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { isErrorCode } from '../platform/error-code.ts';

export interface AttemptsSocketOptions {
  dataDir: string;
  /** Id of this machine: sockets of another machine on a shared folder cannot be checked from here. */
  machine: string;
  /** The attempt routes, not listening. */
  api: FastifyInstance;
  closeApi(api: FastifyInstance): Promise<void>;
  log: { warn(fields: Record<string, unknown>, message: string): void };
}

export interface AttemptsSocket {
  /** Undefined if the data folder does not support sockets; attempts then use TCP. */
  path: string | undefined;
  stop(): Promise<void>;
}

const ending = '.sock';

/** Listens in a folder that only the server's user can access, under a unique name. */
export async function openAttemptsSocket(options: AttemptsSocketOptions): Promise<AttemptsSocket> {
  const { dataDir, api, log } = options;
  const folder = join(dataDir, 'sockets');
  const prefix = createHash('sha256').update(options.machine).digest('hex').slice(0, 8);
  const name = `${prefix}-${randomUUID().slice(0, 8)}${ending}`;
  let handle: FileHandle | null = null;
  try {
    await prepareFolder(folder);
    handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    // Uses a descriptor, because the path of a unix socket is limited to 107 bytes.
    const at = (file: string): string => `/proc/self/fd/${handle?.fd}/${file}`;
    await removeStale(folder, at, prefix);
    // Rename only once it listens: a starting server removes sockets that do not respond.
    await api.listen({ path: at(`.${name}`) });
    await rename(join(folder, `.${name}`), join(folder, name));
  } catch (error) {
    log.warn({ err: error, folder }, 'there is no socket for attempts; they use TCP');
    await options.closeApi(api);
    await handle?.close();
    return { path: undefined, stop: () => Promise.resolve() };
  }
  const opened = handle;
  return {
    path: join(folder, name),
    async stop() {
      await rm(join(folder, name), { force: true });
      await options.closeApi(api);
      await opened.close();
    },
  };
}

async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid } = await lstat(folder);
  if (uid !== process.getuid?.()) throw new Error(`${folder} belongs to another user (${uid}).`);
  await chmod(folder, 0o700);
}

/** Removes sockets of this machine without a listener, left by killed servers. */
async function removeStale(folder: string, at: (file: string) => string, prefix: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names.filter((one) => one.startsWith(`${prefix}-`) && one.endsWith(ending)))
    if (await refusesConnections(at(name))) await rm(join(folder, name), { force: true });
}

function refusesConnections(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error) => resolve(isErrorCode(error, 'ECONNREFUSED')));
  });
}
