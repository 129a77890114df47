/** The ingress socket of an isolated network, through which the server connects to an attempt. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';

const CONNECTED = 0;

/**
 * Connects to a loopback port inside an attempt's network, through the socket in its folder. Uses a
 * descriptor of the folder because a unix socket's path is limited to 107 bytes.
 * @throws Error when nothing listens on the port
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
    // Keep this listener: an error without a listener, for example between two steps of a caller, would crash
    // the server.
    socket.on('error', reject);
  });
}

/** Reads the first byte, or null if the other side ends; the rest stays unread. */
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
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a socket without an encoding gives buffers
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
