import type { BlobStore } from '../../blobs/blob-store.ts';
import type { ConfigurationRecord } from '../../store/records.ts';
import type { Encryption } from '../../platform/encryption.ts';
import { randomUUID } from 'node:crypto';
import { readBlob } from '../../blobs/read-blob.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** A key of its own for each try to store a deployment: a refused one can be removed without a look at the others. */
export function nameDeploymentArchive(deploymentId: string): string {
  return `deployments/${deploymentId}.${randomUUID()}.tar.gz`;
}

/** @throws ServiceError archive_removed for a version of which only the names of the files are left */
export function requireArchive({
  version,
  archiveRemovedAt,
}: Pick<ConfigurationRecord, 'version' | 'archiveRemovedAt'>): void {
  if (archiveRemovedAt === null) return;
  const day = archiveRemovedAt.toISOString().slice(0, 10);
  const words = `The archive of version ${version} was removed on ${day}: it had passed what the server keeps.`;
  throw new ServiceError('archive_removed', words);
}

export type ConfigurationArchives = ReturnType<typeof createConfigurationArchives>;

/** Archives of configurations are full of secrets: they are encrypted, each for the configuration that it belongs to. */
export function createConfigurationArchives(blobs: BlobStore, encryption: Encryption) {
  return {
    /** Stores an archive. @returns its key */
    async seal(configurationId: string, archive: Buffer): Promise<string> {
      const archiveKey = `configurations/${configurationId}.${randomUUID()}.tar.gz.sealed`;
      await blobs.put(archiveKey, encryption.encrypt(archive, configurationId));
      return archiveKey;
    },

    /**
     * Rejects with a BlobNotFoundError, or when the bytes are not those that were sealed for this configuration.
     * @throws ServiceError archive_removed
     */
    async open(configuration: ConfigurationRecord): Promise<Buffer> {
      requireArchive(configuration);
      const { archiveKey, id } = configuration;
      return encryption.decrypt(await readBlob(blobs, archiveKey), id);
    },
  };
}
