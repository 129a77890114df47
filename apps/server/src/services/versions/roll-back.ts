import type { BlobStore } from '../../blobs/blob-store.ts';
import type { ConfigurationRecord, DeploymentRecord, PackageFile } from '../../store/records.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { isDeepStrictEqual } from 'node:util';
import { randomUUID } from 'node:crypto';
import { createConfigurationArchives, nameDeploymentArchive, requireArchive } from './version-archives.ts';
import { createStoreVersion } from './store-version.ts';
import { recordVersion } from './record-version.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface RollBackDependencies {
  persistence: Persistence<'auditLog' | 'configurations' | 'deployments' | 'workspaces'>;
  blobs: BlobStore;
  encryption: Encryption;
}

/** The version to roll back to. */
export interface RollBackRequest {
  workspaceId: string;
  membershipId: string;
  versionId: string;
}

export type RollBack = ReturnType<typeof createRollBack>;

/**
 * Creates a new version with the content of an older one, because history is append-only and each run keeps
 * its version. The new version has its own archive, which outlives the removal of the old one. Jobs are
 * unchanged. Both functions throw ServiceError not_found, workspace_archived, content_is_latest,
 * archive_removed.
 */
export function createRollBack({ persistence, blobs, encryption }: RollBackDependencies) {
  const configurationArchives = createConfigurationArchives(blobs, encryption);
  const storeVersion = createStoreVersion({ persistence, blobs });

  async function copyDeploymentArchive(id: string, old: DeploymentRecord): Promise<string> {
    requireArchive(old);
    const archiveKey = nameDeploymentArchive(id);
    const { sha256 } = await blobs.put(archiveKey, await blobs.openRead(old.archiveKey));
    if (sha256 === old.archiveSha256) return archiveKey;
    await blobs.delete(archiveKey);
    throw new Error(`The archive of deployment ${old.id} is damaged: its SHA-256 differs`);
  }

  return {
    async deployment({ workspaceId, membershipId, versionId }: RollBackRequest): Promise<DeploymentRecord> {
      const id = randomUUID();
      const readOld = (store: Pick<Store, 'deployments'>) =>
        readOlder(store.deployments, 'deployment', workspaceId, versionId);
      // Check before copying too, to avoid needless large copies; the check under the lock decides.
      const { old } = await readOld(persistence.store);
      const archiveKey = await copyDeploymentArchive(id, old);
      return storeVersion(workspaceId, archiveKey, async (tx) => {
        const { old, files } = await readOld(tx);
        const made = await tx.deployments.insert({ ...old, id, archiveKey, files, createdBy: membershipId });
        await recordVersion(tx, 'deployment', 'roll-back', made, old);
        return made;
      });
    },

    async configuration({
      workspaceId,
      membershipId,
      versionId,
    }: RollBackRequest): Promise<ConfigurationRecord> {
      const id = randomUUID();
      const readOld = (store: Pick<Store, 'configurations'>) =>
        readOlder(store.configurations, 'configuration', workspaceId, versionId);
      const { old } = await readOld(persistence.store);
      const archiveKey = await configurationArchives.seal(id, await configurationArchives.open(old));
      return storeVersion(workspaceId, archiveKey, async (tx) => {
        const { old, files } = await readOld(tx);
        const made = await tx.configurations.insert({
          ...old,
          id,
          archiveKey,
          files,
          createdBy: membershipId,
        });
        await recordVersion(tx, 'configuration', 'roll-back', made, old);
        return made;
      });
    },
  };
}

interface VersionStore<Row> {
  get(workspaceId: string, id: string): Promise<Row | undefined>;
  latest(workspaceId: string): Promise<Row | undefined>;
  files(workspaceId: string, id: string): Promise<PackageFile[] | undefined>;
}

/** Reads a version whose content differs from the latest. */
async function readOlder<Row extends { version: number; contentHash: string; requirements?: unknown }>(
  versions: VersionStore<Row>,
  kind: string,
  workspaceId: string,
  id: string,
): Promise<{ old: Row; files: PackageFile[] }> {
  const old = await versions.get(workspaceId, id);
  const files = await versions.files(workspaceId, id);
  const latest = await versions.latest(workspaceId);
  if (!old || !files || !latest) throw new ServiceError('not_found', `There is no ${kind} ${id}.`);
  // The requirements of a deployment are sent separately from its archive, so the same files may have run
  // with others.
  const isLatest =
    old.contentHash === latest.contentHash && isDeepStrictEqual(old.requirements, latest.requirements);
  if (isLatest) {
    throw new ServiceError(
      'content_is_latest',
      `Version ${latest.version}, the latest, already has the content of version ${old.version}: nothing was changed.`,
      { latest_version: latest.version },
    );
  }
  return { old, files };
}
