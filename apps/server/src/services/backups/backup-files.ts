import type { BlobStore } from '../../blobs/blob-store.ts';
import type { StoredFile } from '../../domain/backups/backup-manifest.ts';
import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import { Decrypter, Encrypter } from 'age-encryption';
import { BackupError } from './backup-errors.ts';
import { BlobNotFoundError } from '../../blobs/blob-store.ts';

/** The format of a file within its encryption. */
export interface FileFormat {
  isCompressed: boolean;
  isEncrypted: boolean;
}

export interface BackupFiles {
  write(key: string, content: AsyncIterable<Uint8Array>, format: FileFormat): Promise<StoredFile>;
  /**
   * Reads the content of a file. The stream fails with a BackupError at its end if the stored bytes are not those that were
   * written, so what was read counts only after it.
   */
  read(file: StoredFile, format: FileFormat): Readable;
  /** Reads the stored bytes without decrypting them. Fails like `read`. */
  readStored(file: StoredFile): AsyncIterable<Uint8Array>;
}

export interface BackupKeys {
  /** Public keys of age, `age1...`, for which files are encrypted. */
  recipients: readonly string[];
  /** Secret keys of age, `AGE-SECRET-KEY-1...`, which decrypt them. */
  identities: readonly string[];
}

async function* decompress(key: string, content: Readable): AsyncIterable<Uint8Array> {
  try {
    yield* pipeline(content, createZstdDecompress(), () => undefined);
  } catch (error) {
    const isDamage = error instanceof Error && 'code' in error && String(error.code).startsWith('ZSTD_');
    if (!isDamage) throw error;
    throw new BackupError('backup_corrupt', `${key} of the backup is damaged. Choose another backup.`, {
      cause: error,
    });
  }
}

/** Creates what writes and reads the files of a backup location: compressed with zstd, and encrypted with age if asked for. */
export function createBackupFiles(store: BlobStore, { recipients, identities }: BackupKeys): BackupFiles {
  async function* encrypt(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const encrypter = new Encrypter();
    for (const recipient of recipients) encrypter.addRecipient(recipient);
    yield* await encrypter.encrypt(ReadableStream.from(content));
  }

  async function* decrypt(key: string, stored: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    if (identities.length === 0)
      throw new BackupError(
        'backup_needs_key',
        'The backup is encrypted. Give the file with its secret key: --key-file <file>.',
      );
    const decrypter = new Decrypter();
    for (const identity of identities) decrypter.addIdentity(identity);
    try {
      yield* await decrypter.decrypt(ReadableStream.from(stored));
    } catch (error) {
      if (error instanceof BackupError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      if (/no identity matched/.test(reason))
        throw new BackupError(
          'backup_needs_key',
          'The backup is encrypted for another key than the given one.',
          { cause: error },
        );
      throw new BackupError('backup_corrupt', `${key} of the backup cannot be decrypted: ${reason}.`, {
        cause: error,
      });
    }
  }

  async function* readStored({ key, sizeBytes, sha256 }: StoredFile): AsyncIterable<Uint8Array> {
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const chunk of await store.openRead(key)) {
        const part = Buffer.from(chunk);
        hash.update(part);
        bytes += part.length;
        yield part;
      }
    } catch (error) {
      if (!(error instanceof BlobNotFoundError)) throw error;
      throw new BackupError('backup_corrupt', `${key} of the backup is missing. Choose another backup.`, {
        cause: error,
      });
    }
    if (bytes !== sizeBytes || hash.digest('hex') !== sha256)
      throw new BackupError(
        'backup_corrupt',
        `${key} of the backup is not what was written: it has been changed or cut off. Choose another backup.`,
      );
  }

  return {
    readStored,

    async write(key, content, { isCompressed, isEncrypted }) {
      const compressed = isCompressed
        ? pipeline(Readable.from(content), createZstdCompress(), () => undefined)
        : content;
      const stored = await store.put(key, isEncrypted ? encrypt(compressed) : compressed);
      return { key, ...stored };
    },

    read(file, { isCompressed, isEncrypted }) {
      const stored = readStored(file);
      const content = Readable.from(isEncrypted ? decrypt(file.key, stored) : stored, { objectMode: false });
      return isCompressed ? Readable.from(decompress(file.key, content), { objectMode: false }) : content;
    },
  };
}
