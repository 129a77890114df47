import type { ArchiveLimits } from '../../archives/inspect-archive.ts';
import type { BlobStore } from '../../blobs/blob-store.ts';
import type { Credentials } from '../sign-in/credentials.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Persistence } from '../../store/store.ts';
import type { StartRuns } from '../runs/start-runs.ts';
import { createCompareVersions } from './compare-versions.ts';
import { createDescribeDeployment } from './describe-deployment.ts';
import { createDownloadArchives } from './download-archives.ts';
import { createIssueUpload } from './issue-upload.ts';
import { createManifestBuilds } from './manifest-builds.ts';
import { createReadPackages } from './read-packages.ts';
import { createRollBack } from './roll-back.ts';
import { createUploadPackage } from './upload-package.ts';
import { createUploadSlots } from './upload-slots.ts';

interface VersionDependencies {
  persistence: Persistence;
  blobs: BlobStore;
  encryption: Encryption;
  archiveLimits: ArchiveLimits;
  credentials: Credentials;
  startRuns: StartRuns;
}

/** Creates the services of deployments and configurations: uploads, lists, comparison, rollback, downloads. */
export function createVersionServices(dependencies: VersionDependencies) {
  const { persistence, blobs, encryption, archiveLimits, credentials, startRuns } = dependencies;
  return {
    issueUpload: createIssueUpload(credentials),
    uploadSlots: createUploadSlots(),
    uploadPackage: createUploadPackage({ persistence, blobs, encryption, archiveLimits }),
    readPackages: createReadPackages(persistence),
    compareVersions: createCompareVersions({ persistence, blobs, encryption }),
    describeDeployment: createDescribeDeployment(persistence),
    rollBack: createRollBack({ persistence, blobs, encryption }),
    downloadArchives: createDownloadArchives({ persistence, blobs, encryption }),
    manifestBuilds: createManifestBuilds(persistence, startRuns),
  };
}
