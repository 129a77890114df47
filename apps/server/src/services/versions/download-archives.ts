import type { BlobStore } from '../../blobs/blob-store.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Persistence } from '../../store/store.ts';
import { Readable } from 'node:stream';
import { createConfigurationArchives, requireArchive } from './version-archives.ts';
import { localPathName } from '../../domain/versions/local-path-name.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface DownloadArchivesDependencies {
  persistence: Persistence<'auditLog' | 'configurations' | 'deployments' | 'workspaces'>;
  blobs: BlobStore;
  encryption: Encryption;
}

/** An archive as a file: a gzip tar file, as it was uploaded. */
export interface DownloadedArchive {
  /** `<workspace>-<kind>-<version>.tar.gz`, with characters that any file system accepts. */
  fileName: string;
  bytes: Readable;
}

export type DownloadArchives = ReturnType<typeof createDownloadArchives>;

/** Creates the use cases that return archives. Both throw ServiceError not_found, archive_removed. */
export function createDownloadArchives({ persistence, blobs, encryption }: DownloadArchivesDependencies) {
  const { store } = persistence;
  const configurationArchives = createConfigurationArchives(blobs, encryption);

  async function nameFile(workspaceId: string, kind: string, version: number): Promise<string> {
    const workspace = await store.workspaces.get(workspaceId);
    return `${localPathName(workspace?.name ?? '')}-${kind}-${version}.tar.gz`;
  }

  return {
    async deployment(workspaceId: string, id: string): Promise<DownloadedArchive> {
      const found = await store.deployments.get(workspaceId, id);
      if (!found) throw new ServiceError('not_found', `There is no deployment ${id}.`);
      requireArchive(found);
      const fileName = await nameFile(workspaceId, 'deployment', found.version);
      return { fileName, bytes: await blobs.openRead(found.archiveKey) };
    },

    /** Decrypts the archive, which contains secrets, so each download is in the audit log. */
    async configuration(workspaceId: string, id: string): Promise<DownloadedArchive> {
      const found = await store.configurations.get(workspaceId, id);
      if (!found) throw new ServiceError('not_found', `There is no configuration ${id}.`);
      const archive = await configurationArchives.open(found);
      const { version } = found;
      await persistence.transaction((tx) =>
        recordChange(tx, {
          workspaceId,
          action: 'configuration.download',
          target: { kind: 'configuration', id, name: `version ${version}` },
          before: null,
          after: { version },
        }),
      );
      const fileName = await nameFile(workspaceId, 'configuration', version);
      return { fileName, bytes: Readable.from([archive]) };
    },
  };
}
