/**
 * Connections into a container, multiplexed over one stream to a small program in it
 * (pumphouse_bootstrap/relay).
 */
import type { Duplex } from 'node:stream';
import { connectionFrames, MultiplexedConnection } from '../multiplexed-connection.ts';
import { createOutputParser } from './container-output.ts';

const frameKinds = { ...connectionFrames, open: 0, opened: 1, refused: 2, alive: 7 } as const;

const headerBytes = 9;
const standardOutput = 1;
/** Keep-alive interval: the program ends after a minute of silence. */
const aliveMilliseconds = 20_000;

export interface Relay {
  /** @throws Error if nothing listens on the port, or the relay has ended */
  open(port: number): Promise<Duplex>;
  readonly isOpen: boolean;
  /** Ends the relay and all of its connections. */
  close(): void;
}

/**
 * Communicates with a relay over its input and output.
 * @param onIdle called when its last connection has ended
 */
export function createRelay(stream: Duplex, onEnd: () => void, onIdle: () => void): Relay {
  const connections = new Map<number, OpeningConnection>();
  let isOpen = true;
  let last = 0;

  const send = (kind: number, number: number, content: Uint8Array = Buffer.alloc(0)): void => {
    if (!isOpen) return;
    const header = Buffer.alloc(headerBytes);
    header.writeUInt8(kind, 0);
    header.writeUInt32BE(number, 1);
    header.writeUInt32BE(content.length, 5);
    stream.write(header);
    if (content.length > 0) stream.write(content);
  };

  const forget = (number: number): void => {
    if (connections.delete(number) && connections.size === 0 && isOpen) onIdle();
  };

  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    clearInterval(alive);
    stream.destroy();
    for (const { connection, settle } of connections.values()) {
      settle(false);
      connection.breakOff();
    }
    connections.clear();
    onEnd();
  };

  const alive = setInterval(() => send(frameKinds.alive, 0), aliveMilliseconds).unref();
  const takeFrames = createFrameParser((kind, number, content) => {
    const opening = connections.get(number);
    if (kind === frameKinds.opened) opening?.settle(true);
    else if (kind === frameKinds.refused) opening?.settle(false);
    else opening?.connection.takeFrame(kind, content);
  });
  const takeOutput = createOutputParser((descriptor, piece) => {
    if (descriptor === standardOutput) takeFrames(piece);
  });
  stream.on('data', (piece: Buffer) => takeOutput(piece));
  stream.once('end', end).once('close', end).on('error', end);

  return {
    get isOpen() {
      return isOpen;
    },
    async open(port) {
      if (!isOpen) throw new Error('The connection into the container has ended.');
      last = (last + 1) % 0xffff_ffff;
      const number = last;
      const connection = new MultiplexedConnection({
        send: (kind, content) => send(kind, number, content),
        forget: () => forget(number),
      });
      const opened = Promise.withResolvers<boolean>();
      connections.set(number, { connection, settle: opened.resolve });
      send(frameKinds.open, number, Uint8Array.of(port >> 8, port & 0xff));
      if (await opened.promise) return connection;
      connection.breakOff();
      throw new Error(
        isOpen
          ? `Nothing listens on port ${port} of the run.`
          : 'The connection into the container has ended.',
      );
    },
    close: end,
  };
}

interface OpeningConnection {
  connection: MultiplexedConnection;
  /** Called with whether the relay has connected to the port. */
  settle: (isOpen: boolean) => void;
}

/** Reassembles frames from pieces of any size. */
function createFrameParser(onFrame: (kind: number, number: number, content: Buffer) => void) {
  let rest: Buffer = Buffer.alloc(0);
  return (piece: Buffer): void => {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    while (rest.length >= headerBytes) {
      const end = headerBytes + rest.readUInt32BE(5);
      if (rest.length < end) return;
      onFrame(rest.readUInt8(0), rest.readUInt32BE(1), rest.subarray(headerBytes, end));
      rest = rest.subarray(end);
    }
  };
}
