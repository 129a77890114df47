import type { BackupFiles } from './backup-files.ts';
import type { StoredFile } from '../../domain/backups/backup-manifest.ts';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack as createTar, type Pack } from 'tar-stream';

/** A blob to be packed. */
export interface PackedContent {
  key: string;
  sizeBytes: number;
  content: Buffer | AsyncIterable<Uint8Array>;
}

export interface PackWriter {
  /** @returns the key of the pack, and the hash of the content */
  add(blob: PackedContent): Promise<{ pack: string; sha256: string }>;
  /** Completes the last pack. @returns all that were written */
  finish(): Promise<StoredFile[]>;
}

interface OpenPack {
  key: string;
  tar: Pack;
  bytes: number;
  stored: Promise<StoredFile>;
  /** Why it cannot be stored. */
  failure: Error | null;
  /** Fails the entry that is being written. */
  failEntry: (error: Error) => void;
}

/** Large enough that a million logs are some hundred objects, small enough to be copied again after an interruption. */
const packBytes = 256 * 1024 ** 2;

/**
 * Creates a writer of packs: tar files with many blobs each, because storing and listing a file for each log would take
 * hours in a bucket.
 */
export function createPackWriter(files: BackupFiles, backupId: string, isEncrypted: boolean): PackWriter {
  const finished: StoredFile[] = [];
  let current: OpenPack | null = null;
  let count = 0;

  function open(): OpenPack {
    count += 1;
    const key = `packs/${backupId}-${String(count).padStart(4, '0')}.tar${isEncrypted ? '.age' : ''}`;
    const tar = createTar();
    // A pack that fails before anything reads it has no other listener. `close` reports the error.
    tar.on('error', () => undefined);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tar-stream declares less than the stream that it gives
    const content = tar as AsyncIterable<Uint8Array>;
    const stored = files.write(key, content, { isCompressed: false, isEncrypted });
    const pack: OpenPack = { key, tar, bytes: 0, stored, failure: null, failEntry: () => undefined };
    // Ends a write that waits for a reader which is gone; `close` reports the error.
    stored.catch((error: unknown) => {
      pack.failure = error instanceof Error ? error : new Error(String(error));
      tar.destroy(pack.failure);
      pack.failEntry(pack.failure);
    });
    return pack;
  }

  async function close(): Promise<void> {
    if (current === null) return;
    const { tar, stored } = current;
    current = null;
    tar.finalize();
    finished.push(await stored);
  }

  return {
    async add({ key, sizeBytes, content }) {
      if (current !== null && current.bytes >= packBytes) await close();
      current ??= open();
      const hash = createHash('sha256');
      await writeEntry(current, { key, sizeBytes, content: hashed(content, hash) });
      current.bytes += sizeBytes;
      return { pack: current.key, sha256: hash.digest('hex') };
    },

    async finish() {
      await close();
      return finished;
    },
  };
}

/** Rejects if the pack cannot be stored: the entry has no reader then, and writing it would wait forever. */
async function writeEntry(
  pack: OpenPack,
  { key, sizeBytes, content }: Omit<PackedContent, 'content'> & { content: AsyncIterable<Uint8Array> },
): Promise<void> {
  if (pack.failure !== null) throw pack.failure;
  const entered = Promise.withResolvers<void>();
  entered.promise.catch(() => undefined);
  // A promise for each entry: a race with `stored` would keep something of every entry until the pack is complete.
  const failed = Promise.withResolvers<never>();
  pack.failEntry = failed.reject;
  const entry = pack.tar.entry({ name: key, size: sizeBytes, mode: 0o600 }, (error) =>
    error ? entered.reject(error) : entered.resolve(),
  );
  const written = pipeline(Readable.from(content), entry).then(() => entered.promise);
  await Promise.race([written, failed.promise]);
}

async function* hashed(
  content: Buffer | AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncIterable<Uint8Array> {
  for await (const chunk of Buffer.isBuffer(content) ? [content] : content) {
    hash.update(chunk);
    yield chunk;
  }
}
