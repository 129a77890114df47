import type { BackupBlob, BackupManifest, StoredFile } from '../../domain/backups/backup-manifest.ts';
import type { BackupFiles } from './backup-files.ts';
import type { BackupRepository } from './backup-repository.ts';
import { BackupError } from './backup-errors.ts';
import { listStoredFiles } from '../../domain/backups/backup-manifest.ts';
import { readBlobList } from './backup-list.ts';
import { readPack } from './pack-reader.ts';

export interface VerifiedBackup {
  /** Empty for a backup that can be restored. */
  problems: string[];
  files: number;
  storedBytes: number;
  /** Whether the content was read too, which needs the key of an encrypted backup. */
  hasReadContent: boolean;
}

/** Checks that all files of a backup exist with their sizes, without reading them. */
export async function findMissingFiles(
  repository: BackupRepository,
  manifest: BackupManifest,
): Promise<string[]> {
  const problems: string[] = [];
  for (const { key, sizeBytes } of listStoredFiles(manifest)) {
    const found = await repository.store.stat(key);
    if (!found) problems.push(`${key} is missing.`);
    else if (found.sizeBytes !== sizeBytes)
      problems.push(`${key} has ${found.sizeBytes} bytes instead of ${sizeBytes}.`);
  }
  return problems;
}

/** Reads a whole backup and compares it with its hashes. Without the key of an encrypted one, only the stored bytes. */
export async function verifyBackup(
  { files, canDecrypt }: { files: BackupFiles; canDecrypt: boolean },
  manifest: BackupManifest,
): Promise<VerifiedBackup> {
  const problems: string[] = [];
  const isEncrypted = manifest.encryption !== null;
  const hasReadContent = !isEncrypted || canDecrypt;
  const stored = listStoredFiles(manifest);

  async function check(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      problems.push(error.message);
    }
  }

  const packs = new Map<string, Map<string, BackupBlob>>(manifest.packs.map(({ key }) => [key, new Map()]));
  await check(async () => {
    for await (const blob of readBlobList(files, manifest)) {
      const pack = packs.get(blob.pack);
      if (pack) pack.set(blob.key, blob);
      else problems.push(`Blob ${blob.key} is in ${blob.pack}, which the backup does not have.`);
    }
  });
  for (const file of stored)
    await check(async () => {
      const wanted = packs.get(file.key);
      if (wanted && hasReadContent) await readPack(files, file, { isEncrypted, wanted, use: drain });
      else await requireUnchanged(files, file);
    });
  if (hasReadContent)
    for (const { file } of manifest.tables)
      await check(async () => {
        for await (const part of files.read(file, { isCompressed: true, isEncrypted })) void part;
      });
  const storedBytes = stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { problems: [...new Set(problems)], files: stored.length, storedBytes, hasReadContent };
}

/**
 * Reads the stored bytes of a file.
 * @throws BackupError backup_corrupt
 */
export async function requireUnchanged(
  files: Pick<BackupFiles, 'readStored'>,
  file: StoredFile,
): Promise<void> {
  for await (const part of files.readStored(file)) void part;
}

async function drain(_: BackupBlob, content: Buffer | AsyncIterable<Uint8Array>): Promise<void> {
  if (content instanceof Buffer) return;
  for await (const part of content) void part;
}
