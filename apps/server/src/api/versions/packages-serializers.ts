import type { ConfigurationRecord, DeploymentRecord, PackageFile } from '../../store/records.ts';
import type {
  ConfigurationResponse,
  DeploymentOverviewResponse,
  DeploymentResponse,
  DeploymentTagsResponse,
  ManifestFilesResponse,
} from '@pumphouse/contract';
import { toInstant } from '../serializers/instants.ts';

/** Format version of the file list, the same as in the client's archives. */
const filesEngineVersion = 1;

export function toDeployment(deployment: DeploymentRecord): DeploymentResponse {
  return { ...toPackage(deployment), requirements_size_bytes: deployment.requirementsSizeBytes };
}

export function toDeploymentOverview(deployment: DeploymentRecord): DeploymentOverviewResponse {
  return { ...toDeployment(deployment), message: deployment.message };
}

export function toDeploymentTags({
  id,
  version,
  tags,
  tagsProblem,
}: DeploymentRecord): DeploymentTagsResponse {
  return { deployment_id: id, version, tags, problem: tagsProblem };
}

export function toConfiguration(configuration: ConfigurationRecord): ConfigurationResponse {
  return { ...toPackage(configuration), profiles: configuration.profiles };
}

function toPackage(record: DeploymentRecord | ConfigurationRecord) {
  return {
    id: record.id,
    workspace_id: record.workspaceId,
    version: record.version,
    content_hash: record.contentHash,
    file_count: record.fileCount,
    size_bytes: record.sizeBytes,
    created_by: record.createdBy,
    created_at: toInstant(record.createdAt),
    updated_at: toInstant(record.updatedAt),
  };
}

export function toManifestFiles(files: readonly PackageFile[]): ManifestFilesResponse {
  return {
    engine_version: filesEngineVersion,
    files: files.map((file) => ({
      relative_path: file.relative_path,
      size_bytes: file.size_bytes,
      sha3_256: file.sha3_256,
      ...(file.linkname === undefined ? {} : { linkname: file.linkname }),
    })),
  };
}
