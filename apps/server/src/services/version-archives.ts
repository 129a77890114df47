import type { BlobStore } from '../blobs/blob-store.ts';
import type { ConfigurationRecord } from '../store/records.ts';
import type { Encryption } from './encryption.ts';
import { randomUUID } from 'node:crypto';
import { readBlob } from '../blobs/read-blob.ts';

/** A key of its own for each try to store a deployment: a refused one can be removed without a look at the others. */
export function nameDeploymentArchive(deploymentId: string): string {
  return `deployments/${deploymentId}.${randomUUID()}.tar.gz`;
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

    /** Rejects with a BlobNotFoundError, or when the bytes are not those that were sealed for this configuration. */
    async open({ archiveKey, id }: Pick<ConfigurationRecord, 'archiveKey' | 'id'>): Promise<Buffer> {
      return encryption.decrypt(await readBlob(blobs, archiveKey), id);
    },
  };
}
