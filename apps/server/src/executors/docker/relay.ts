/**
 * Connections into a container, multiplexed over one stream to a small program in it
 * (pumphouse_bootstrap/relay).
 */
import { Duplex } from 'node:stream';

export const frameKinds = {
  open: 0,
  opened: 1,
  refused: 2,
  data: 3,
  end: 4,
  reset: 5,
  credit: 6,
  alive: 7,
} as const;

const headerBytes = 9;
/**
 * Initial credit of a connection in each direction; pumphouse_bootstrap/relay/forwarding.py has the same
 * value.
 */
const windowBytes = 1024 * 1024;
const pieceBytes = 64 * 1024;
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
  const connections = new Map<number, Connection>();
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
    for (const connection of connections.values()) connection.takeEndOfRelay();
    connections.clear();
    onEnd();
  };

  const alive = setInterval(() => send(frameKinds.alive, 0), aliveMilliseconds).unref();
  const takeFrames = createFrameParser((kind, number, content) =>
    connections.get(number)?.takeFrame(kind, content),
  );
  const takeOutput = createOutputParser(takeFrames);
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
      const connection = new Connection({
        send: (kind, content) => send(kind, number, content),
        forget: () => forget(number),
      });
      connections.set(number, connection);
      send(frameKinds.open, number, Uint8Array.of(port >> 8, port & 0xff));
      if (await connection.opened) return connection;
      connection.destroy();
      throw new Error(
        isOpen
          ? `Nothing listens on port ${port} of the run.`
          : 'The connection into the container has ended.',
      );
    },
    close: end,
  };
}

interface Line {
  send(kind: number, content?: Uint8Array): void;
  forget(): void;
}

/** One connection. Writes wait for credit; credit is granted for data that was read. */
class Connection extends Duplex {
  readonly opened: Promise<boolean>;
  readonly #line: Line;
  #settle: (isOpen: boolean) => void = () => undefined;
  #credit = windowBytes;
  #owed = 0;
  #hasEnded = { here: false, there: false };
  #waiting: { content: Buffer; done: (error?: Error | null) => void } | null = null;

  constructor(line: Line) {
    super({ allowHalfOpen: true });
    this.#line = line;
    this.opened = new Promise((resolve) => (this.#settle = resolve));
    // Keep this listener: an error without a listener, for example between two steps of a caller, would crash
    // the server.
    this.on('error', () => undefined);
  }

  takeFrame(kind: number, content: Buffer): void {
    switch (kind) {
      case frameKinds.opened:
        return this.#settle(true);
      case frameKinds.refused:
        this.#hasEnded = { here: true, there: true };
        return this.#settle(false);
      case frameKinds.data:
        this.#owed += content.length;
        if (this.push(content)) this.#giveCredit();
        return;
      case frameKinds.end:
        this.#hasEnded.there = true;
        this.push(null);
        return;
      case frameKinds.credit:
        this.#credit += content.readUInt32BE();
        return this.#sendWaiting();
      case frameKinds.reset:
        this.#hasEnded = { here: true, there: true };
        this.destroy(new Error('The connection was reset.'));
    }
  }

  takeEndOfRelay(): void {
    this.#hasEnded = { here: true, there: true };
    this.#settle(false);
    this.destroy(new Error('The connection into the container has ended.'));
  }

  override _read(): void {
    this.#giveCredit();
  }

  override _write(content: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#waiting = { content, done };
    this.#sendWaiting();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#hasEnded.here = true;
    this.#line.send(frameKinds.end);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#hasEnded.here || !this.#hasEnded.there) this.#line.send(frameKinds.reset);
    this.#line.forget();
    done(error);
  }

  #giveCredit(): void {
    if (this.#owed === 0 || this.#hasEnded.there) return;
    const credit = Buffer.alloc(4);
    credit.writeUInt32BE(this.#owed);
    this.#owed = 0;
    this.#line.send(frameKinds.credit, credit);
  }

  #sendWaiting(): void {
    while (this.#waiting !== null && this.#credit > 0) {
      const { content, done } = this.#waiting;
      const piece = content.subarray(0, Math.min(pieceBytes, this.#credit));
      this.#credit -= piece.length;
      this.#line.send(frameKinds.data, piece);
      const rest = content.subarray(piece.length);
      this.#waiting = rest.length > 0 ? { content: rest, done } : null;
      if (rest.length === 0) done();
    }
  }
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

const standardOutput = 1;
const outputHeaderBytes = 8;

/**
 * Removes the engine's framing from a process's output: a header of 8 bytes before each piece, which names
 * the descriptor.
 */
function createOutputParser(onOutput: (piece: Buffer) => void) {
  let header: Buffer = Buffer.alloc(0);
  let left = 0;
  return (piece: Buffer): void => {
    let input = piece;
    while (input.length > 0) {
      if (left === 0) {
        const missing = outputHeaderBytes - header.length;
        header = Buffer.concat([header, input.subarray(0, missing)]);
        input = input.subarray(missing);
        if (header.length < outputHeaderBytes) return;
        left = header.readUInt32BE(4);
        if (left === 0) header = Buffer.alloc(0);
        continue;
      }
      const part = input.subarray(0, left);
      if (header[0] === standardOutput) onOutput(part);
      left -= part.length;
      input = input.subarray(part.length);
      if (left === 0) header = Buffer.alloc(0);
    }
  };
}
