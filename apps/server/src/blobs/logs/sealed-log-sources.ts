import type { FileHandle } from 'node:fs/promises';
import type { BlobStore } from '../blob-store.ts';
import type { SealedLogSource } from './sealed-log.ts';
import { buffer } from 'node:stream/consumers';

/** Of one request: few for a whole log, and little more than one frame for a few lines. */
const blockBytes = 256 * 1024;
const maxBlocks = 4;

/** A sealed log in an open file. */
export async function openFileSource(file: FileHandle, path: string): Promise<SealedLogSource> {
  const { size } = await file.stat();
  return {
    name: path,
    sizeBytes: size,
    async readAt(position, length) {
      const bytes = Buffer.alloc(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await file.read(bytes, done, length - done, position + done);
        if (bytesRead === 0) throw endError(path, position + done);
        done += bytesRead;
      }
      return bytes;
    },
  };
}

/** A sealed log in a blob, which is requested in blocks. */
export function createBlobSource(blobs: BlobStore, key: string, sizeBytes: number): SealedLogSource {
  const blocks = new Map<number, Promise<Buffer>>();

  function readBlock(number: number): Promise<Buffer> {
    const known = blocks.get(number);
    if (known) return known;
    const start = number * blockBytes;
    const range = { start, end: Math.min(sizeBytes, start + blockBytes) };
    const block = blobs.openRead(key, range).then(buffer);
    // The reader may have stopped.
    block.catch(() => undefined);
    blocks.set(number, block);
    const [oldest] = blocks.keys();
    if (blocks.size > maxBlocks && oldest !== undefined) blocks.delete(oldest);
    return block;
  }

  return {
    name: key,
    sizeBytes,
    async readAt(position, length) {
      const parts: Buffer[] = [];
      for (let at = position; at < position + length;) {
        const number = Math.floor(at / blockBytes);
        const block = await readBlock(number);
        const from = at - number * blockBytes;
        const part = block.subarray(from, Math.min(block.length, from + position + length - at));
        if (part.length === 0) throw endError(key, at);
        parts.push(part);
        at += part.length;
      }
      return Buffer.concat(parts);
    },
  };
}

function endError(name: string, position: number): Error {
  return new Error(`${name} ends at byte ${position}, before what its index says`);
}
