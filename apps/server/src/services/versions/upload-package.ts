import type { BlobStore } from '../../blobs/blob-store.ts';
import type { ConfigurationRecord, DeploymentRecord } from '../../store/records.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { StoredVersion } from './record-version.ts';
import type { CheckedConfiguration, CheckedDeployment } from './archive-checks/check-archive.ts';
import type { UploadGrant } from '../sign-in/credentials.ts';
import { createReadStream } from 'node:fs';
import { createUnchangedVersions } from './unchanged-versions.ts';
import {
  buildInstallSet,
  includesEmbeddedDatabase,
  readRequirementsManifest,
  RequirementsError,
} from '../../domain/environments/requirements.ts';
import type { ArchiveLimits } from '../../archives/inspect-archive.ts';
import { archiveThreads, type ArchiveThreads } from './archive-checks/archive-threads.ts';
import { createConfigurationArchives, nameDeploymentArchive } from './version-archives.ts';
import { createStoreVersion } from './store-version.ts';
import { recordVersion } from './record-version.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface UploadPackageDependencies {
  persistence: Persistence<'auditLog' | 'configurations' | 'deployments' | 'workspaces'>;
  blobs: BlobStore;
  encryption: Encryption;
  archiveLimits: ArchiveLimits;
  /** Those of the process, unless a test passes others. */
  threads?: ArchiveThreads;
}

export type UploadPackage = ReturnType<typeof createUploadPackage>;

/**
 * Creates the use case that checks an uploaded archive in a temporary file and stores it as the next version.
 * Nothing is unpacked. A rejected archive leaves no row and no blob.
 */
export function createUploadPackage({
  persistence,
  blobs,
  encryption,
  archiveLimits,
  threads = archiveThreads,
}: UploadPackageDependencies) {
  const configurationArchives = createConfigurationArchives(blobs, encryption);
  const unchangedVersions = createUnchangedVersions(persistence);
  const storeVersion = createStoreVersion({ persistence, blobs });

  async function membershipOf(store: Pick<Store, 'workspaces'>, grant: UploadGrant): Promise<string> {
    const access = await store.workspaces.findAccess(grant.workspaceId, grant.principal.userId);
    if (!access) throw new ServiceError('not_found', `There is no workspace ${grant.workspaceId}.`);
    return access.membershipId;
  }

  /**
   * Rejects an upload whose id was used already. The blob of the second upload is removed; it has its own
   * key, so the first one's is kept.
   */
  function store<Row extends StoredVersion>(
    grant: UploadGrant,
    archiveKey: string,
    exists: (tx: Pick<Store, 'configurations' | 'deployments'>) => Promise<boolean>,
    insert: (tx: Pick<Store, 'configurations' | 'deployments'>, createdBy: string) => Promise<Row>,
  ): Promise<Row> {
    return storeVersion(grant.workspaceId, archiveKey, async (tx) => {
      if (await exists(tx)) {
        throw new ServiceError(
          'upload_already_received',
          'This upload was already received. Request a new one.',
        );
      }
      const row = await insert(tx, await membershipOf(tx, grant));
      await recordVersion(tx, grant.kind, 'upload', row);
      return row;
    });
  }

  async function storeDeployment(
    { grant, archivePath, sent }: ReceivedCode,
    { report, tags: read, completed }: CheckedDeployment,
    olderContentHash: string | null,
  ): Promise<DeploymentRecord> {
    const { requirements, requirementsSizeBytes } =
      completed === null && sent ? sent : measureRequirements(completed);
    const hasEmbeddedDatabase = readEmbeddedDatabase(requirements);
    const { tags, problem: tagsProblem } = read;
    const archiveKey = nameDeploymentArchive(grant.uploadId);
    const { sha256 } = await blobs.put(archiveKey, createReadStream(archivePath));
    return store(
      grant,
      archiveKey,
      (tx) => tx.deployments.exists(grant.uploadId),
      (tx, createdBy) =>
        tx.deployments.insert({
          id: grant.uploadId,
          workspaceId: grant.workspaceId,
          contentHash: report.contentHash,
          olderContentHash,
          archiveSha256: sha256,
          archiveKey,
          fileCount: report.files.length,
          sizeBytes: report.sizeBytes,
          requirements,
          requirementsSizeBytes,
          hasEmbeddedDatabase,
          files: report.files,
          tags,
          tagsProblem,
          createdBy,
        }),
    );
  }

  async function storeConfiguration(
    { grant, archive }: { grant: UploadGrant; archive: Buffer },
    { report, runSettings }: CheckedConfiguration,
    olderContentHash: string | null,
  ): Promise<ConfigurationRecord> {
    const archiveKey = await configurationArchives.seal(grant.uploadId, archive);
    return store(
      grant,
      archiveKey,
      (tx) => tx.configurations.exists(grant.uploadId),
      (tx, createdBy) =>
        tx.configurations.insert({
          id: grant.uploadId,
          workspaceId: grant.workspaceId,
          contentHash: report.contentHash,
          olderContentHash,
          archiveSha256: report.sha256,
          archiveKey,
          fileCount: report.files.length,
          sizeBytes: report.sizeBytes,
          profiles: report.profiles,
          runSettings,
          files: report.files,
          createdBy,
        }),
    );
  }

  return {
    /**
     * Rejects a truncated code archive, of which the path contains only the first bytes, up to the upload
     * limit.
     * @throws ServiceError upload_too_large
     */
    refuseLargeDeployment: (path: string, declaredBytes: number | null): Promise<never> =>
      threads.check({ kind: 'cut-off', path, limits: archiveLimits, declaredBytes }),

    async uploadDeployment(
      upload: { grant: UploadGrant; archivePath: string } & SentRequirements,
    ): Promise<DeploymentRecord> {
      // Before the archive, which takes seconds to check.
      const { grant, archivePath, requirements } = upload;
      readEmbeddedDatabase(requirements);
      const task = { kind: 'deployment', path: archivePath, limits: archiveLimits, requirements } as const;
      return storeDeployment({ grant, archivePath, sent: upload }, await threads.check(task), null);
    },

    /**
     * Stores code from the older client, which sends neither an upload id nor, before dlt 1.26, hashes and
     * requirements.
     * @param upload.sent null derives the requirements from the code
     * @returns the latest version if it has the same files
     */
    async uploadOlderDeployment(upload: ReceivedCode): Promise<DeploymentRecord> {
      const { grant, archivePath, sent } = upload;
      const requirements = sent === null ? null : sent.requirements;
      const checked = await threads.check({
        kind: 'older-deployment',
        path: archivePath,
        limits: archiveLimits,
        requirements,
      });
      const { clientHash, report } = checked;
      const olderContentHash = clientHash === report.contentHash ? null : clientHash;
      const unchanged = await unchangedVersions.findDeployment(
        grant.workspaceId,
        report.files,
        olderContentHash,
      );
      if (unchanged) return unchanged;
      return storeDeployment(upload, checked, olderContentHash);
    },

    /** The archive contains secrets, so it is stored encrypted. */
    async uploadConfiguration(upload: { grant: UploadGrant; archive: Buffer }): Promise<ConfigurationRecord> {
      const { archive } = upload;
      return storeConfiguration(upload, await threads.check({ kind: 'configuration', archive }), null);
    },

    /**
     * Stores configuration from the older client.
     * @returns the latest version if it has the same files
     */
    async uploadOlderConfiguration(upload: {
      grant: UploadGrant;
      archive: Buffer;
    }): Promise<ConfigurationRecord> {
      const { grant } = upload;
      const checked = await threads.check({ kind: 'older-configuration', archive: upload.archive });
      const { clientHash, report } = checked;
      const olderContentHash = clientHash === report.contentHash ? null : clientHash;
      const unchanged = await unchangedVersions.findConfiguration(
        grant.workspaceId,
        report.files,
        olderContentHash,
      );
      if (unchanged) return unchanged;
      return storeConfiguration({ grant, archive: Buffer.from(checked.archive) }, checked, olderContentHash);
    },
  };
}

interface ReceivedCode {
  grant: UploadGrant;
  archivePath: string;
  /** Null if none came with the code. */
  sent: SentRequirements | null;
}

interface SentRequirements {
  requirements: unknown;
  requirementsSizeBytes: number;
}

function measureRequirements(requirements: unknown): SentRequirements {
  return { requirements, requirementsSizeBytes: Buffer.byteLength(JSON.stringify(requirements)) };
}

/**
 * An invalid manifest is rejected at the upload; one that cannot be installed fails the runs, with the
 * resolver's message.
 */
function readEmbeddedDatabase(requirements: unknown): boolean {
  try {
    const manifest = readRequirementsManifest(requirements);
    return includesEmbeddedDatabase(buildInstallSet(manifest, Object.keys(manifest.groups), '').requirements);
  } catch (error) {
    if (!(error instanceof RequirementsError)) throw error;
    if (error.problem !== 'invalid_manifest') return true;
    throw new ServiceError('invalid_request', error.message);
  }
}
