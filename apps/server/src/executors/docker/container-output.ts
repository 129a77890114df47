/** What containers print. Engines put a header of 8 bytes, with the descriptor and a size, before each piece. */
import { PassThrough, type Duplex, type Readable } from 'node:stream';
import type Docker from 'dockerode';
import { allowSilence } from './engine.ts';

const lastOutputLines = 10;
const headerBytes = 8;
const errorDescriptor = 2;

/** The last lines that a container has written to its standard error. */
export async function readLastOutput(container: Docker.Container): Promise<string> {
  const log = await container.logs({ stdout: false, stderr: true, tail: lastOutputLines });
  const pieces: Buffer[] = [];
  createOutputParser((_, piece) => pieces.push(piece))(log);
  return Buffer.concat(pieces).toString('utf8').trim();
}

export interface AttachedOutput {
  stdout: Readable;
  stderr: Readable;
  /** Ends both. The container goes on. */
  close: () => void;
}

/** Attaches to a container, which should not have started yet. */
export async function attachOutput(container: Docker.Container): Promise<AttachedOutput> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- dockerode declares less than the stream that it returns
  const attached = (await container.attach({ stream: true, stdout: true, stderr: true })) as Duplex;
  allowSilence(attached);
  return { ...splitOutput(attached), close: () => attached.destroy() };
}

/**
 * Splits attached output into streams, both of which must be read: it is read no faster than they are, so a
 * container that prints more waits.
 */
export function splitOutput(attached: Readable): Pick<AttachedOutput, 'stdout' | 'stderr'> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let isFull = false;
  const takeOutput = createOutputParser((descriptor, piece) => {
    const target = descriptor === errorDescriptor ? stderr : stdout;
    if (target.destroyed || target.write(piece) || isFull) return;
    isFull = true;
    attached.pause();
    target.once('drain', () => {
      isFull = false;
      attached.resume();
    });
  });
  const end = (): void => {
    stdout.end();
    stderr.end();
  };
  attached.on('data', takeOutput).once('end', end).once('close', end).on('error', end);
  return { stdout, stderr };
}

/** Creates a reader of attached output in chunks of any size. */
export function createOutputParser(onOutput: (descriptor: number, piece: Buffer) => void) {
  let header: Buffer = Buffer.alloc(0);
  let left = 0;
  return (chunk: Buffer): void => {
    let input = chunk;
    while (input.length > 0) {
      if (left === 0) {
        const missing = headerBytes - header.length;
        header = Buffer.concat([header, input.subarray(0, missing)]);
        input = input.subarray(missing);
        if (header.length < headerBytes) return;
        left = header.readUInt32BE(4);
        if (left === 0) header = Buffer.alloc(0);
        continue;
      }
      const piece = input.subarray(0, left);
      onOutput(header[0] ?? 0, piece);
      left -= piece.length;
      input = input.subarray(piece.length);
      if (left === 0) header = Buffer.alloc(0);
    }
  };
}
