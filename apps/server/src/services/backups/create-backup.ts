import type { BackupBlob, BackupManifest } from '../../domain/backups/backup-manifest.ts';
import type { BackupFiles } from './backup-files.ts';
import type { BackupRepository } from './backup-repository.ts';
import type { BlobSource } from './copy-blobs.ts';
import type { DatabaseSnapshot, SnapshotLog } from '../../store/postgres/backups/snapshot.ts';
import type { KeepPolicy } from '../../domain/backups/keep-policy.ts';
import type { Persistence } from '../../store/store.ts';
import { randomBytes } from 'node:crypto';
import { backupFormat, listStoredFiles, sumStoredBytes } from '../../domain/backups/backup-manifest.ts';
import { BackupError } from './backup-errors.ts';
import { chooseKept } from '../../domain/backups/keep-policy.ts';
import { copyBlobs } from './copy-blobs.ts';
import { createPackWriter } from './pack-writer.ts';
import { makeBackupId } from '../../domain/backups/backup-id.ts';
import { readBlobList, writeBlobList } from './backup-list.ts';

export interface CreateBackupDependencies {
  persistence: Persistence<'backups' | 'installation' | 'secretKeys'>;
  openSnapshot: () => Promise<DatabaseSnapshot>;
  source: BlobSource;
  repository: BackupRepository;
  files: BackupFiles;
  /** For messages and the record, without credentials. */
  location: string;
  recipients: readonly string[];
  /** Null: all backups are kept. */
  keep: KeepPolicy | null;
  release: string;
}

export interface CreatedBackup {
  manifest: BackupManifest;
  /** Bytes that this backup added to the location. */
  addedBytes: number;
  removedBackups: string[];
  /** Why older backups were not removed; null if they were, or none was to be. */
  pruneProblem: string | null;
}

const heartbeatMs = 5000;

/**
 * Creates the use case that makes a backup while servers run: the database at one moment, and the blobs that it refers
 * to, of which only those that the last backup lacks are copied. Nothing counts until the manifest is there.
 */
export function createCreateBackup(dependencies: CreateBackupDependencies) {
  const { persistence, repository, files, location, recipients, keep, release } = dependencies;
  const { backups } = persistence.store;
  const isEncrypted = recipients.length > 0;

  async function write(id: string): Promise<Pick<CreatedBackup, 'addedBytes' | 'manifest'>> {
    const snapshot = await dependencies.openSnapshot();
    let saved: { tables: BackupManifest['tables']; logs: SnapshotLog[] };
    try {
      saved = { tables: await saveTables(id, snapshot), logs: await snapshot.listLogs() };
    } finally {
      await snapshot.close();
    }
    const last = await readLast();
    const writer = createPackWriter(files, id, isEncrypted);
    const copied = await copyBlobs(dependencies.source, saved.logs, { known: last.blobs, writer });
    const newPacks = await writer.finish();
    const used = new Set(copied.blobs.map(({ pack }) => pack));
    const list = await writeBlobList(files, id, copied.blobs);
    const { installationId, takenAt, postgresVersion, migrations, counts, sequences } = snapshot;
    const manifest: BackupManifest = {
      format: backupFormat,
      id,
      installationId,
      takenAt: takenAt.toISOString(),
      finishedAt: new Date().toISOString(),
      release,
      postgresVersion,
      migrations,
      // Read after the blobs: a key that is being replaced meanwhile may be the one that a blob is under.
      secretKeyIds: await persistence.store.secretKeys.listUsed(),
      encryption: isEncrypted ? { recipients: [...recipients] } : null,
      counts,
      localData: (await persistence.store.installation.hasLocalDataOnDisks()) ? 'disks' : 'objects',
      tables: saved.tables,
      sequences,
      blobs: {
        count: copied.blobs.length,
        sizeBytes: copied.blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        missingLogs: copied.missingLogs,
        list,
      },
      packs: [...last.packs.filter(({ key }) => used.has(key)), ...newPacks],
    };
    const own = listStoredFiles({ ...manifest, packs: newPacks });
    const addedBytes = own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    await repository.writeManifest(manifest);
    return { manifest, addedBytes };
  }

  async function saveTables(id: string, snapshot: DatabaseSnapshot): Promise<BackupManifest['tables']> {
    const tables: BackupManifest['tables'] = [];
    for (const table of snapshot.tables) {
      const key = `tables/${id}/${table.name}.copy.zst${isEncrypted ? '.age' : ''}`;
      const { content, rows } = snapshot.copyOut(table);
      const file = await files.write(key, content, { isCompressed: true, isEncrypted });
      tables.push({ ...table, rows: rows(), file });
    }
    return tables;
  }

  /** The blobs that the last backup has, if it is encrypted like this one. */
  async function readLast(): Promise<{ blobs: Map<string, BackupBlob>; packs: BackupManifest['packs'] }> {
    const none = { blobs: new Map<string, BackupBlob>(), packs: [] };
    const lastId = (await repository.listIds()).at(-1);
    if (lastId === undefined) return none;
    try {
      const last = await repository.readManifest(lastId);
      if ((last.encryption?.recipients ?? []).join(' ') !== recipients.join(' ')) return none;
      const existing = new Set<string>();
      for await (const { key, sizeBytes } of repository.store.list('packs/'))
        existing.add(`${key} ${sizeBytes}`);
      const packs = last.packs.filter(({ key, sizeBytes }) => existing.has(`${key} ${sizeBytes}`));
      const usable = new Set(packs.map(({ key }) => key));
      const blobs = new Map<string, BackupBlob>();
      for await (const blob of readBlobList(files, last))
        if (usable.has(blob.pack)) blobs.set(blob.key, blob);
      return { blobs, packs };
    } catch (error) {
      // A damaged backup must not keep the next one from being made: it copies everything again.
      if (error instanceof BackupError) return none;
      throw error;
    }
  }

  /** Removes backups that the policy does not keep. A damaged one keeps all files, because it may share them. */
  async function prune(ownId: string): Promise<Pick<CreatedBackup, 'pruneProblem' | 'removedBackups'>> {
    if (keep === null) return { removedBackups: [], pruneProblem: null };
    try {
      const manifests = await Promise.all((await repository.listIds()).map(repository.readManifest));
      const dated = manifests.map(({ id, takenAt }) => ({ id, takenAt: new Date(takenAt) }));
      const kept = chooseKept(dated, keep);
      const removedBackups = dated.map(({ id }) => id).filter((id) => !kept.has(id));
      await repository.remove(removedBackups, ownId);
      return { removedBackups, pruneProblem: null };
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      return { removedBackups: [], pruneProblem: error.message };
    }
  }

  /**
   * @param isScheduled whether a server made it on its schedule
   * @throws BackupError
   */
  return async function createBackup({ isScheduled }: { isScheduled: boolean }): Promise<CreatedBackup> {
    const { id: installationId } = await persistence.store.installation.get();
    await repository.claim(installationId);
    await backups.failSilent();
    const id = makeBackupId(new Date(), randomBytes(3).toString('hex'));
    if (!(await backups.begin({ id, location, isScheduled })))
      throw new BackupError('backup_running', 'Another backup is running. Wait for its end.');
    const heartbeat = setInterval(() => void backups.noteAlive(id).catch(() => undefined), heartbeatMs);
    try {
      const created = await write(id);
      const { addedBytes } = created;
      if (!(await backups.complete(id, { storedBytes: sumStoredBytes(created.manifest), addedBytes }))) {
        // Files may have been removed while this backup counted as killed.
        await repository.remove([id], null);
        throw new BackupError(
          'backup_running',
          'The backup was suspended for too long, and is discarded. Make another one.',
        );
      }
      await backups.removeOldRows();
      return { ...created, ...(await prune(id)) };
    } catch (error) {
      await backups.fail(id, error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      clearInterval(heartbeat);
    }
  };
}
