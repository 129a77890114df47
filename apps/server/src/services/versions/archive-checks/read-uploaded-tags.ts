import type { PackageFile } from '../../../store/records.ts';
import { createReadStream } from 'node:fs';
import { readArchiveFile } from '../../../archives/read-archive-file.ts';
import { readDeploymentTags, type DeploymentTags } from '../../../domain/jobs/deployment-tags.ts';

const modulePath = '__deployment__.py';
const maxModuleBytes = 256 * 1024;
const none: DeploymentTags = { tags: [], problem: null };

/**
 * Reads `__tags__` of the deployment module in a checked archive. Never rejects the upload: the result for
 * invalid tags contains a problem instead.
 */
export async function readUploadedTags(
  archivePath: string,
  files: readonly PackageFile[],
): Promise<DeploymentTags> {
  const file = files.find((one) => one.relative_path === modulePath);
  if (!file || file.linkname !== undefined) return none;
  if (file.size_bytes > maxModuleBytes)
    return { tags: [], problem: `the file has more than ${maxModuleBytes / 1024} KiB` };
  const content = await readArchiveFile(createReadStream(archivePath), modulePath, maxModuleBytes);
  return readDeploymentTags(new TextDecoder().decode(content));
}
