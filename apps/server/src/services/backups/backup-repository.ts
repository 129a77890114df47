import type { BackupManifest } from '../../domain/backups/backup-manifest.ts';
import type { BlobStore } from '../../blobs/blob-store.ts';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { BackupError } from './backup-errors.ts';
import { backupFormat, backupManifestSchema, listStoredFiles } from '../../domain/backups/backup-manifest.ts';
import { BlobNotFoundError } from '../../blobs/blob-store.ts';
import { readBackupTime, readOwner } from '../../domain/backups/backup-id.ts';
import { readBlob } from '../../blobs/read-blob.ts';

const filePrefixes = ['tables/', 'lists/', 'packs/'];
const markerKey = 'pumphouse-backups.json';
/** Files without a manifest may belong to a backup of a server that we cannot see; it is not that slow. */
const abandonedAfterMs = 48 * 3_600_000;

const markerSchema = z.object({ installationId: z.uuid() });
const envelopeSchema = z.object({
  sha256: z.string(),
  manifest: z.custom<{ format: number }>(isManifestLike),
});

/** Not parsed into a new object: its hash depends on the order of its keys. */
function isManifestLike(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'format' in value && typeof value.format === 'number';
}

export type BackupRepository = ReturnType<typeof createBackupRepository>;

/** Creates the access to the backups in a folder or bucket. */
export function createBackupRepository(store: BlobStore) {
  async function readManifest(id: string): Promise<BackupManifest> {
    let text: string;
    try {
      text = (await readBlob(store, manifestKey(id))).toString();
    } catch (error) {
      if (!(error instanceof BlobNotFoundError)) throw error;
      throw new BackupError(
        'backup_not_found',
        `There is no complete backup ${id}. \`backup list\` shows the backups.`,
        { cause: error },
      );
    }
    return parseManifest(id, text);
  }

  /** The ids of complete backups, oldest first. */
  async function listIds(): Promise<string[]> {
    const ids: string[] = [];
    for await (const { key } of store.list('manifests/')) {
      const id = /^manifests\/(.+)\.json$/.exec(key)?.[1];
      if (id !== undefined && readBackupTime(id)) ids.push(id);
    }
    return ids.toSorted();
  }

  return {
    store,
    listIds,
    readManifest,

    /**
     * Reserves the location for an installation, at its first backup.
     * @throws BackupError if it belongs to another one
     */
    async claim(installationId: string): Promise<void> {
      if (!(await store.stat(markerKey))) {
        await store.put(markerKey, Buffer.from(JSON.stringify({ installationId })));
        return;
      }
      const owner = markerSchema.parse(JSON.parse((await readBlob(store, markerKey)).toString()));
      if (owner.installationId !== installationId)
        throw new BackupError(
          'backup_location_taken',
          `The location has the backups of another installation, ${owner.installationId}. Choose another folder or prefix.`,
        );
    },

    /** Resolves `latest`. @throws BackupError */
    async find(id: string): Promise<BackupManifest> {
      if (id !== 'latest') return readManifest(id);
      const newest = (await listIds()).at(-1);
      if (newest === undefined)
        throw new BackupError(
          'backup_not_found',
          'There is no complete backup in this location. Check its URL.',
        );
      return readManifest(newest);
    },

    async writeManifest(manifest: BackupManifest): Promise<void> {
      const text = JSON.stringify({ sha256: hashOf(JSON.stringify(manifest)), manifest }, null, 1);
      await store.put(manifestKey(manifest.id), Buffer.from(text));
    },

    /**
     * Removes backups, then the files that no other backup needs, and those that killed backups left.
     * @param ownId the backup that is running
     */
    async remove(ids: readonly string[], ownId: string | null): Promise<void> {
      const removed = await Promise.all(ids.map(readManifest));
      for (const id of ids) await store.delete(manifestKey(id));
      const remaining = await Promise.all((await listIds()).map(readManifest));
      const needed = new Set(remaining.flatMap(listKeys));
      for (const key of removed.flatMap(listKeys)) if (!needed.has(key)) await store.delete(key);
      for (const prefix of filePrefixes)
        for await (const { key } of store.list(prefix)) {
          const owner = readOwner(key);
          if (owner === null || owner === ownId || needed.has(key)) continue;
          const ageMs = Date.now() - (readBackupTime(owner)?.getTime() ?? Date.now());
          if (ageMs > abandonedAfterMs) await store.delete(key);
        }
    },
  };
}

function listKeys(manifest: BackupManifest): string[] {
  return listStoredFiles(manifest).map(({ key }) => key);
}

function manifestKey(id: string): string {
  if (!readBackupTime(id))
    throw new BackupError(
      'backup_not_found',
      `${id} is not the id of a backup. \`backup list\` shows the backups.`,
    );
  return `manifests/${id}.json`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parseManifest(id: string, text: string): BackupManifest {
  const corrupt = (cause: unknown) =>
    new BackupError('backup_corrupt', `The manifest of backup ${id} is damaged. Choose another backup.`, {
      cause,
    });
  let envelope: z.output<typeof envelopeSchema>;
  try {
    envelope = envelopeSchema.parse(JSON.parse(text));
  } catch (error) {
    throw corrupt(error);
  }
  if (hashOf(JSON.stringify(envelope.manifest)) !== envelope.sha256) throw corrupt(undefined);
  if (envelope.manifest.format > backupFormat)
    throw new BackupError(
      'backup_too_new',
      `Backup ${id} was made by a newer Pumphouse. Use that version or a newer one.`,
    );
  const parsed = backupManifestSchema.safeParse(envelope.manifest);
  if (!parsed.success) throw corrupt(parsed.error);
  return parsed.data;
}
