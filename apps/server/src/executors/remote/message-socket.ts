import type { WebSocket } from 'ws';
import type { z } from 'zod';
import { MultiplexedConnection } from '../multiplexed-connection.ts';
import { closeCodes, maxSilenceSeconds, pingSeconds } from './protocol.ts';

/** One side of the connection between a server and a worker. */
export interface MessageSocket<Sent> {
  /** Does nothing once the connection is closed. */
  send(message: Sent): void;
  /** Opens a connection into an app under a number that both sides know. */
  openConnection(number: number): MultiplexedConnection;
  close(code: number, reason: string): void;
  /** Ends the connection without a closing handshake. */
  terminate(): void;
  readonly isOpen: boolean;
  /** Resolves when the connection is closed, whatever closed it. */
  closed: Promise<{ code: number; reason: string }>;
}

const headerBytes = 5;

/**
 * Parses the messages of a WebSocket, and closes it after an invalid one or after silence.
 * @param onMessage an error that it throws counts as an invalid message
 */
export function openMessageSocket<Received extends z.ZodType, Sent>(
  webSocket: WebSocket,
  schema: Received,
  onMessage: (message: z.output<Received>) => void,
): MessageSocket<Sent> {
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  const connections = new Map<number, MultiplexedConnection>();
  let heardAt = performance.now();
  const noteHeard = () => (heardAt = performance.now());
  const isOpen = () => webSocket.readyState === webSocket.OPEN;
  const beat = setInterval(() => {
    if (performance.now() - heardAt > maxSilenceSeconds * 1000) webSocket.terminate();
    else if (isOpen()) webSocket.ping();
  }, pingSeconds * 1000);

  function takeFrame(frame: Buffer): void {
    const number = frame.readUInt32BE(1);
    connections.get(number)?.takeFrame(frame.readUInt8(0), frame.subarray(headerBytes));
  }

  function sendFrame(kind: number, number: number, content: Uint8Array = Buffer.alloc(0)): void {
    if (!isOpen()) return;
    const header = Buffer.alloc(headerBytes);
    header.writeUInt8(kind, 0);
    header.writeUInt32BE(number, 1);
    webSocket.send(Buffer.concat([header, content]));
  }

  webSocket.on('ping', noteHeard);
  webSocket.on('pong', noteHeard);
  webSocket.on('error', () => undefined);
  webSocket.on('close', (code, reason) => {
    clearInterval(beat);
    for (const connection of connections.values()) connection.breakOff();
    closed.resolve({ code, reason: String(reason) });
  });
  webSocket.on('message', (content: Buffer, isBinary) => {
    noteHeard();
    if (!isOpen()) return;
    try {
      if (isBinary) takeFrame(content);
      else onMessage(schema.parse(JSON.parse(content.toString())));
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      webSocket.close(closeCodes.invalid, shorten(`Invalid message: ${detail}`));
    }
  });

  // Nothing is read before this side listens.
  if (webSocket.isPaused) webSocket.resume();
  return {
    send(message) {
      if (isOpen()) webSocket.send(JSON.stringify(message));
    },
    openConnection(number) {
      const connection = new MultiplexedConnection({
        send: (kind, content) => sendFrame(kind, number, content),
        forget: () => void connections.delete(number),
      });
      if (isOpen()) connections.set(number, connection);
      else connection.breakOff();
      return connection;
    },
    close(code, reason) {
      webSocket.close(code, shorten(reason));
      // The other side may not answer the closing handshake.
      setTimeout(() => webSocket.terminate(), 2000).unref();
    },
    terminate: () => webSocket.terminate(),
    get isOpen() {
      return isOpen();
    },
    closed: closed.promise,
  };
}

/** The reason of a closed WebSocket has at most 123 bytes. */
function shorten(reason: string): string {
  let text = reason.slice(0, 120);
  while (Buffer.byteLength(text) > 120) text = text.slice(0, -1);
  return text;
}
