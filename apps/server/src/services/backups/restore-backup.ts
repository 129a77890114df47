import type { BackupBlob, BackupManifest, StoredFile } from '../../domain/backups/backup-manifest.ts';
import type { BackupFiles } from './backup-files.ts';
import type { BackupRepository } from './backup-repository.ts';
import type { BlobStore } from '../../blobs/blob-store.ts';
import type { RestoreDatabase } from '../../store/postgres/backups/restore-database.ts';
import pLimit from 'p-limit';
import { BackupError } from './backup-errors.ts';
import { findMissingFiles, requireUnchanged } from './verify-backup.ts';
import { RowsDifferError } from '../../store/postgres/backups/load-snapshot.ts';
import { readBlobList } from './backup-list.ts';
import { readPack } from './pack-reader.ts';

export interface RestoreDependencies {
  repository: BackupRepository;
  files: BackupFiles;
  /** The database of the settings. */
  database: RestoreDatabase;
  /** The blobs of the settings. */
  blobs: BlobStore;
  /** The restored installation: that of the backup if it replaces the original, otherwise a copy with an id of its own. */
  installationId: string;
  /**
   * Reserves the data folder and the location of the blobs.
   * @throws Error, BlobStoreError if one of them belongs to another installation
   */
  reserveLocations: (installationId: string) => Promise<void>;
  /** The ids of the secret keys of the settings. */
  secretKeyIds: readonly string[];
  onProgress: (step: string) => void;
}

const putsAtOnce = 8;

/**
 * Restores the data of a backup: first the blobs, then the database in one transaction. An interrupted restore can be
 * repeated. Servers do not start on the database before `finishRestore` has ended the runs that were active.
 * @throws BackupError, MigrationError, BlobStoreError
 */
export async function restoreBackup(
  dependencies: RestoreDependencies,
  manifest: BackupManifest,
): Promise<void> {
  const { repository, database, onProgress } = dependencies;
  const target = await database.inspect();
  if (target.kind === 'in-use')
    throw new BackupError(
      'restore_needs_empty_database',
      `The database is in use: ${target.reason}. Restore into a new data folder (PUMPHOUSE_DATA_DIR) or an empty database (PUMPHOUSE_DATABASE_URL).`,
    );
  if (target.kind === 'unfinished') {
    if (target.restore.backupId === manifest.id)
      return onProgress('The data was loaded before; finishing the restore.');
    throw new BackupError(
      'restore_needs_empty_database',
      `The database has the unfinished restore of backup ${target.restore.backupId}. Restore that one, or use another database.`,
    );
  }
  requireSecretKeys(manifest, dependencies.secretKeyIds);
  const missing = await findMissingFiles(repository, manifest);
  if (missing.length > 0)
    throw new BackupError(
      'backup_corrupt',
      `Backup ${manifest.id} is not complete: ${missing[0]} Choose another backup.`,
    );
  await dependencies.reserveLocations(dependencies.installationId);
  await database.createSchema(manifest.migrations);
  await restoreBlobs(dependencies, manifest);
  await loadTables(dependencies, manifest);
}

function requireSecretKeys({ secretKeyIds }: BackupManifest, given: readonly string[]): void {
  const lacking = secretKeyIds.filter((id) => !given.includes(id));
  if (lacking.length === 0) return;
  throw new BackupError(
    'restore_needs_secret_key',
    `The secrets of the backup are encrypted with secret key ${lacking.join(', ')}, which these settings lack. ` +
      'A backup never contains it. Copy secret.key of the former server into the data folder, or set PUMPHOUSE_SECRET_KEY ' +
      '(other keys: other-secret.keys or PUMPHOUSE_OTHER_SECRET_KEYS).',
  );
}

async function restoreBlobs({ files, blobs, onProgress }: RestoreDependencies, manifest: BackupManifest) {
  const packs = new Map<string, Map<string, BackupBlob>>(manifest.packs.map(({ key }) => [key, new Map()]));
  for await (const blob of readBlobList(files, manifest)) {
    const pack = packs.get(blob.pack);
    if (!pack)
      throw new BackupError('backup_corrupt', `The backup lacks ${blob.pack}, with blob ${blob.key}.`);
    pack.set(blob.key, blob);
  }
  const isEncrypted = manifest.encryption !== null;
  for (const [index, pack] of manifest.packs.entries()) {
    onProgress(`blobs: pack ${index + 1} of ${manifest.packs.length}`);
    const puts = createPuts(blobs);
    const wanted = packs.get(pack.key) ?? new Map<string, BackupBlob>();
    await readPack(files, pack, { isEncrypted, wanted, use: (blob, content) => puts.add(blob, content) });
    await puts.finish();
  }
}

/** Stores blobs in parallel, while the next ones are read. A streamed blob is stored before the next one is read. */
function createPuts(blobs: BlobStore) {
  const limit = pLimit(putsAtOnce);
  const running = new Set<Promise<unknown>>();
  const failures: unknown[] = [];

  function requireNoFailure(): void {
    if (failures.length > 0) throw failures[0];
  }

  return {
    async add({ key }: BackupBlob, content: Buffer | AsyncIterable<Uint8Array>): Promise<void> {
      requireNoFailure();
      if (!Buffer.isBuffer(content)) {
        await blobs.put(key, content);
        return;
      }
      const put: Promise<unknown> = limit(() => blobs.put(key, content))
        .catch((error: unknown) => failures.push(error))
        .finally(() => running.delete(put));
      running.add(put);
      if (running.size >= 4 * putsAtOnce) await Promise.race(running);
    },

    async finish(): Promise<void> {
      await Promise.all(running);
      requireNoFailure();
    },
  };
}

async function loadTables(
  { files, database, installationId, onProgress }: RestoreDependencies,
  manifest: BackupManifest,
) {
  const filesOf = new Map(manifest.tables.map(({ name, file }) => [name, file]));
  const format = { isCompressed: true, isEncrypted: manifest.encryption !== null };
  let opened: StoredFile | undefined;
  try {
    await database.load({
      backupId: manifest.id,
      installationId,
      takenAt: new Date(manifest.takenAt),
      tables: manifest.tables.map((table) => ({ ...table, rows: () => table.rows })),
      sequences: manifest.sequences,
      open({ name }) {
        const file = filesOf.get(name);
        if (!file) throw new Error(`The backup has no table ${name}`);
        opened = file;
        return files.read(file, format);
      },
      onTable: (table) => onProgress(`table ${table}`),
    });
  } catch (error) {
    if (error instanceof RowsDifferError)
      throw new BackupError('backup_corrupt', `${error.message} Choose another backup.`, { cause: error });
    // Postgres refuses changed rows before the end of their file shows that they were changed.
    if (opened && !(error instanceof BackupError)) await requireUnchanged(files, opened);
    throw error;
  }
}
