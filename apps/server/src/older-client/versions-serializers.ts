import type { ConfigurationResponse, DeploymentResponse, ManifestFileResponse } from '@pumphouse/contract';

interface AsSent {
  /** The hash by which the client that sent the version recognizes it, if it is not the usual one. */
  olderContentHash?: string | null | undefined;
  fileNames?: readonly string[];
}

/** A row with the fields of all releases. */
export function toDeployment(deployment: DeploymentResponse, sent: AsSent) {
  return { ...toVersion(deployment, sent), requirements_size: deployment.requirements_size_bytes };
}

/** As `toDeployment`. */
export function toConfiguration(configuration: ConfigurationResponse, sent: AsSent) {
  return { ...toVersion(configuration, sent), profiles: configuration.profiles.join(', ') };
}

function toVersion(
  version: DeploymentResponse | ConfigurationResponse,
  { olderContentHash, fileNames = [] }: AsSent,
) {
  return {
    id: version.id,
    workspace_id: version.workspace_id,
    version: version.version,
    content_hash: olderContentHash ?? version.content_hash,
    file_count: version.file_count,
    file_names: fileNames.join(', '),
    size: version.size_bytes,
    created_by: version.created_by,
    date_added: version.created_at,
    date_updated: version.updated_at,
  };
}

export function toFiles(files: readonly ManifestFileResponse[]) {
  return {
    engine_version: 1,
    files: files.map(({ relative_path, size_bytes, sha3_256, linkname }) => ({
      relative_path,
      size_in_bytes: size_bytes,
      sha3_256,
      ...(linkname == null ? {} : { linkname }),
    })),
  };
}
