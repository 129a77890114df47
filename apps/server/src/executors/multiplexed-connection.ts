/** Connections into attempts that share one line: a stream to a container, or the WebSocket of a worker. */
import { Duplex } from 'node:stream';

/** pumphouse_bootstrap/relay has the same values. */
export const connectionFrames = { data: 3, end: 4, reset: 5, credit: 6 } as const;

/** Initial credit of a connection in each direction; pumphouse_bootstrap/relay/forwarding.py has the same value. */
const windowBytes = 1024 * 1024;
const pieceBytes = 64 * 1024;
/** Only the other side of a connection that ignores its credit sends more. */
const maxUnreadBytes = 2 * windowBytes;

/** What carries the frames of one connection. */
export interface Line {
  send(kind: number, content?: Uint8Array): void;
  forget(): void;
}

/** One connection of several on a line. Writes wait for credit; credit is granted for data that was read. */
export class MultiplexedConnection extends Duplex {
  readonly #line: Line;
  #credit = windowBytes;
  #owed = 0;
  #hasEnded = { here: false, there: false };
  #waiting: { content: Buffer; done: (error?: Error | null) => void } | null = null;

  constructor(line: Line) {
    super({ allowHalfOpen: true });
    this.#line = line;
    // Keep this listener: an error without a listener, for example between two steps of a caller, would crash
    // the server.
    this.on('error', () => undefined);
  }

  takeFrame(kind: number, content: Buffer): void {
    switch (kind) {
      case connectionFrames.data:
        if (this.readableLength > maxUnreadBytes) return void this.destroy(new Error('Too much was sent.'));
        this.#owed += content.length;
        if (this.push(content)) this.#giveCredit();
        return;
      case connectionFrames.end:
        this.#hasEnded.there = true;
        this.push(null);
        return;
      case connectionFrames.credit:
        this.#credit += content.readUInt32BE();
        return this.#sendWaiting();
      case connectionFrames.reset:
        this.#hasEnded = { here: true, there: true };
        this.destroy(new Error('The connection was reset.'));
    }
  }

  /** The line has ended, or the connection was not opened. */
  breakOff(): void {
    this.#hasEnded = { here: true, there: true };
    this.destroy(new Error('The connection into the run has ended.'));
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
    this.#line.send(connectionFrames.end);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#hasEnded.here || !this.#hasEnded.there) this.#line.send(connectionFrames.reset);
    this.#line.forget();
    done(error);
  }

  #giveCredit(): void {
    if (this.#owed === 0 || this.#hasEnded.there) return;
    const credit = Buffer.alloc(4);
    credit.writeUInt32BE(this.#owed);
    this.#owed = 0;
    this.#line.send(connectionFrames.credit, credit);
  }

  #sendWaiting(): void {
    while (this.#waiting !== null && this.#credit > 0) {
      const { content, done } = this.#waiting;
      const piece = content.subarray(0, Math.min(pieceBytes, this.#credit));
      this.#credit -= piece.length;
      this.#line.send(connectionFrames.data, piece);
      const rest = content.subarray(piece.length);
      this.#waiting = rest.length > 0 ? { content: rest, done } : null;
      if (rest.length === 0) done();
    }
  }
}
