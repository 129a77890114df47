import type { BlobStore } from '../../blobs/blob-store.ts';
import type { ConfigurationRecord } from '../../store/records.ts';
import type { Encryption } from '../../platform/encryption.ts';
import { randomUUID } from 'node:crypto';
import { readBlob } from '../../blobs/read-blob.ts';
import { ServiceError } from '../../platform/service-error.ts';

/**
 * Returns a unique key for each attempt to store a deployment, so that a rejected one can be removed without
 * checking the others.
 */
export function nameDeploymentArchive(deploymentId: string): string {
  return `deployments/${deploymentId}.${randomUUID()}.tar.gz`;
}

/** @throws ServiceError archive_removed for a version of which only the file list is left */
export function requireArchive({
  version,
  archiveRemovedAt,
}: Pick<ConfigurationRecord, 'version' | 'archiveRemovedAt'>): void {
  if (archiveRemovedAt === null) return;
  const day = archiveRemovedAt.toISOString().slice(0, 10);
  const text = `The archive of version ${version} was removed on ${day}: it was past its retention.`;
  throw new ServiceError('archive_removed', text);
}

export type ConfigurationArchives = ReturnType<typeof createConfigurationArchives>;

/** Stores archives of configurations, which contain secrets: each is encrypted for its configuration. */
export function createConfigurationArchives(blobs: BlobStore, encryption: Encryption) {
  return {
    /** Stores an archive. @returns its key */
    async seal(configurationId: string, archive: Buffer): Promise<string> {
      const archiveKey = `configurations/${configurationId}.${randomUUID()}.tar.gz.sealed`;
      await blobs.put(archiveKey, encryption.encrypt(archive, configurationId));
      return archiveKey;
    },

    /**
     * Decrypts an archive. Rejects with a BlobNotFoundError, or if the bytes were not sealed for this
     * configuration.
     * @throws ServiceError archive_removed
     */
    async open(configuration: ConfigurationRecord): Promise<Buffer> {
      requireArchive(configuration);
      const { archiveKey, id } = configuration;
      return encryption.decrypt(await readBlob(blobs, archiveKey), id);
    },
  };
}
