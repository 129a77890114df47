import type { BackupBlob, BackupManifest, StoredFile } from '../../domain/backups/backup-manifest.ts';
import type { BackupFiles } from './backup-files.ts';
import { BackupError } from './backup-errors.ts';
import { backupBlobSchema } from '../../domain/backups/backup-manifest.ts';

/** Never encrypted: the next backup reads it, and has only the public key. It has ids and hashes, and no content. */
const format = { isCompressed: true, isEncrypted: false };

/** Writes the list of the blobs of a backup, one JSON object a line. */
export function writeBlobList(
  files: BackupFiles,
  backupId: string,
  blobs: readonly BackupBlob[],
): Promise<StoredFile> {
  return files.write(`lists/${backupId}.ndjson.zst`, toLines(blobs), format);
}

/** @throws BackupError */
export async function* readBlobList(
  files: BackupFiles,
  { blobs }: Pick<BackupManifest, 'blobs'>,
): AsyncIterable<BackupBlob> {
  for await (const line of splitLines(files.read(blobs.list, format))) {
    const blob = parseBlob(line);
    if (blob === null)
      throw new BackupError(
        'backup_corrupt',
        `${blobs.list.key} of the backup has a line that is no blob. Choose another backup.`,
      );
    yield blob;
  }
}

async function* splitLines(content: AsyncIterable<Buffer>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of content) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

function parseBlob(line: string): BackupBlob | null {
  try {
    return backupBlobSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

async function* toLines(blobs: readonly BackupBlob[]): AsyncIterable<Buffer> {
  for (let start = 0; start < blobs.length; start += 1000)
    yield Buffer.from(
      blobs
        .slice(start, start + 1000)
        .map((blob) => `${JSON.stringify(blob)}\n`)
        .join(''),
    );
}
