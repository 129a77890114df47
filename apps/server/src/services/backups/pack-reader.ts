import type { BackupBlob, StoredFile } from '../../domain/backups/backup-manifest.ts';
import type { BackupFiles } from './backup-files.ts';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { BackupError } from './backup-errors.ts';

/** Larger blobs are passed on as a stream. */
const maxBufferedBytes = 8 * 1024 ** 2;

export type UsePackedBlob = (blob: BackupBlob, content: Buffer | AsyncIterable<Uint8Array>) => Promise<void>;

/**
 * Reads a pack and passes its wanted blobs on. A blob is checked against its hash: one in memory before `use` gets it, a
 * streamed one at the end of its stream.
 * @throws BackupError if the pack or a blob is not what was written, or a wanted blob is not in it
 */
export async function readPack(
  files: BackupFiles,
  pack: StoredFile,
  {
    isEncrypted,
    wanted,
    use,
  }: { isEncrypted: boolean; wanted: ReadonlyMap<string, BackupBlob>; use: UsePackedBlob },
): Promise<void> {
  const tar = extract();
  // Fails the loop below too, because it destroys the stream.
  const read = pipeline(files.read(pack, { isCompressed: false, isEncrypted }), tar);
  read.catch(() => undefined);
  const found = new Set<string>();
  try {
    for await (const entry of tar) {
      const blob = wanted.get(entry.header.name);
      if (blob) {
        found.add(blob.key);
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tar-stream declares less than the stream that it gives
        await useEntry(blob, entry as AsyncIterable<Uint8Array>, use);
      } else entry.resume();
    }
  } catch (error) {
    throw await findCause(error, read, pack.key);
  }
  await read;
  for (const key of wanted.keys()) if (!found.has(key)) throw damaged(key, `is not in ${pack.key}`);
}

/** Prefers what ended the stream of the pack over what its reader saw of that. */
async function findCause(error: unknown, read: Promise<void>, pack: string): Promise<unknown> {
  try {
    await read;
  } catch (cause) {
    if (cause instanceof BackupError) return cause;
  }
  // tar-stream has no class for what it cannot parse.
  if (error instanceof Error && /tar header|end of data|size mismatch/i.test(error.message))
    return damaged(pack, 'is not a tar file');
  return error;
}

async function useEntry(
  blob: BackupBlob,
  entry: AsyncIterable<Uint8Array>,
  use: UsePackedBlob,
): Promise<void> {
  if (blob.sizeBytes > maxBufferedBytes) return use(blob, checked(blob, entry));
  const chunks: Uint8Array[] = [];
  for await (const chunk of checked(blob, entry)) chunks.push(chunk);
  return use(blob, Buffer.concat(chunks));
}

async function* checked(
  { key, sha256 }: BackupBlob,
  content: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of content) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== sha256) throw damaged(key, 'differs from its hash');
}

function damaged(key: string, problem: string): BackupError {
  return new BackupError('backup_corrupt', `Blob ${key} of the backup ${problem}. Choose another backup.`);
}
