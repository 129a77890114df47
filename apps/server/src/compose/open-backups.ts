import type { BackupKeys } from '../services/backups/backup-files.ts';
import type { BackupManifest } from '../domain/backups/backup-manifest.ts';
import type { BlobsLocation } from '../blobs/blobs-location.ts';
import type { Config } from '../config/config.ts';
import type { CreatedBackup } from '../services/backups/create-backup.ts';
import type { Logger } from 'pino';
import type { OpenedStore } from './open-store.ts';
import type { VerifiedBackup } from '../services/backups/verify-backup.ts';
import { mkdir } from 'node:fs/promises';
import { createBackupFiles } from '../services/backups/backup-files.ts';
import { createBackupRepository } from '../services/backups/backup-repository.ts';
import { createCreateBackup } from '../services/backups/create-backup.ts';
import { createDatabase } from '../store/postgres/pool.ts';
import { createPersistence } from '../store/store.ts';
import { describeLocation } from '../blobs/blobs-location.ts';
import { BackupError } from '../services/backups/backup-errors.ts';
import { chooseCopyId, claimDataFolder } from '../config/data-folder.ts';
import { endRestoredRuns } from '../services/backups/end-restored-runs.ts';
import { findMissingFiles, verifyBackup } from '../services/backups/verify-backup.ts';
import { findSecretKeys } from '../config/secret-key.ts';
import { identifyKey } from '../platform/encryption.ts';
import { openBlobStore, openLocation } from './open-blobs.ts';
import { openRestoreDatabase } from '../store/postgres/backups/restore-database.ts';
import { openFilePorts } from './server-ports.ts';
import { openRunServices } from './open-run-services.ts';
import { openSnapshot } from '../store/postgres/backups/snapshot.ts';
import serverPackage from '../../package.json' with { type: 'json' };
import { recordRestore } from '../services/backups/record-restore.ts';
import { restoreBackup } from '../services/backups/restore-backup.ts';
import { startEmbeddedPostgres } from '../store/postgres/embedded/embedded.ts';

/** Opens the backups of a location, for reading. */
export function openBackups(location: BlobsLocation, identities: readonly string[]) {
  const repository = createBackupRepository(openBlobStore(location));
  const files = createBackupFiles(repository.store, { recipients: [], identities });
  return {
    location: describeLocation(location),

    /** Oldest first. @throws BackupError */
    async list(): Promise<BackupManifest[]> {
      const ids = await repository.listIds();
      return Promise.all(ids.map((id) => repository.readManifest(id)));
    },

    find: (id: string) => repository.find(id),

    /** Reads all of a backup and compares it with its hashes. */
    verify: (manifest: BackupManifest): Promise<VerifiedBackup> =>
      verifyBackup({ files, canDecrypt: identities.length > 0 }, manifest),

    /** Checks only that all files are there. */
    findMissingFiles: (manifest: BackupManifest) => findMissingFiles(repository, manifest),
  };
}

/** Opens the use case that makes a backup of an installation. */
export function openCreateBackup(
  config: Config,
  { persistence, connection }: Pick<OpenedStore, 'connection' | 'persistence'>,
  { location, recipients }: { location: BlobsLocation } & Pick<BackupKeys, 'recipients'>,
): (options: { isScheduled: boolean }) => Promise<CreatedBackup> {
  const { blobs, logFiles } = openFilePorts({ current: config }, persistence);
  const repository = createBackupRepository(openBlobStore(location));
  return createCreateBackup({
    persistence,
    openSnapshot: () => openSnapshot(connection),
    source: { blobs, logFiles, logChunks: persistence.store.logChunks },
    repository,
    files: createBackupFiles(repository.store, { recipients, identities: [] }),
    location: describeLocation(location),
    recipients,
    keep: config.backup.keep,
    release: serverPackage.version,
  });
}

export interface RestoreRequest {
  location: BlobsLocation;
  identities: readonly string[];
  /** Of a backup, or `latest`. */
  id: string;
  /** The original is gone, so that the restored server gets its installation id. */
  replacesOriginal: boolean;
}

export interface RestoredBackup {
  manifest: BackupManifest;
  /** The same as in the manifest if it replaces the original. */
  installationId: string;
  endedRuns: number;
}

/**
 * Restores a backup into the database and the blobs of the settings, which must be empty.
 * @throws BackupError, MigrationError, BlobStoreError
 */
export async function restore(
  config: Config,
  { location, identities, id, replacesOriginal }: RestoreRequest,
  { log, onProgress }: { log: Logger; onProgress: (step: string) => void },
): Promise<RestoredBackup> {
  const repository = createBackupRepository(openBlobStore(location));
  const files = createBackupFiles(repository.store, { recipients: [], identities });
  const manifest = await repository.find(id);
  await mkdir(config.dataDir, { recursive: true, mode: 0o711 });
  const installationId = replacesOriginal
    ? manifest.installationId
    : await chooseOwnId(config.dataDir, manifest.installationId);
  const embedded = config.databaseUrl ? null : await startEmbeddedPostgres({ dataDir: config.dataDir, log });
  const connection = config.databaseUrl ?? embedded?.connection;
  if (!connection) throw new Error('There is no database to connect to');
  const target = await openRestoreDatabase(connection);
  const database = createDatabase(connection);
  try {
    const persistence = createPersistence(database);
    const { blobs, check } = openLocation(config.blobs, persistence);
    await restoreBackup(
      {
        repository,
        files,
        database: target,
        blobs,
        installationId,
        async reserveLocations(owner) {
          await claimDataFolder(config.dataDir, owner);
          await check(owner);
        },
        secretKeyIds: (await findSecretKeys(config)).map(identifyKey),
        onProgress,
      },
      manifest,
    );
    await target.migrate();
    onProgress('runs that were active');
    const { finishRun } = openRunServices(config, persistence, log);
    const endedRuns = await endRestoredRuns(persistence, finishRun, new Date(manifest.takenAt));
    await recordRestore(persistence, manifest);
    await target.finish();
    // An interrupted restore may have been continued with other options.
    const { id: restoredId } = await persistence.store.installation.get();
    return { manifest, installationId: restoredId, endedRuns };
  } finally {
    await target.close();
    await database.close();
    await embedded?.stop();
  }
}

/** @throws BackupError if the data folder is that of the original, whose runs and data would be taken for the copy's */
async function chooseOwnId(dataDir: string, originalId: string): Promise<string> {
  const own = await chooseCopyId(dataDir, originalId);
  if (own !== null) return own;
  throw new BackupError(
    'restore_needs_own_folder',
    `The data folder ${dataDir} belongs to the installation of the backup. Set PUMPHOUSE_DATA_DIR to a folder of its own for a copy. ` +
      'If the original is gone, use --replace: the restored server then continues as that installation.',
  );
}
