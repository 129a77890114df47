import type { BlobStore } from '../../blobs/blob-store.ts';
import type { PackageFile } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { describeProprietaryPart } from '@pumphouse/contract';
import { listProprietaryUses } from '../../domain/jobs/proprietary-uses.ts';
import { maxModuleBytes, readCodeFiles } from '../versions/read-code-files.ts';

export type WarnOfProprietaryParts = ReturnType<typeof createWarnOfProprietaryParts>;

/** Bounds what a deploy reads and parses. */
const maxFiles = 500;
const maxTotalBytes = 8 * 1024 * 1024;
const maxWarnings = 10;

/** Creates the warnings of a deploy about code that only works with the proprietary package `dlthub`. */
export function createWarnOfProprietaryParts(
  { store }: Persistence<'deployments'>,
  { blobs }: { blobs: BlobStore },
) {
  return async function warnOfProprietaryParts(workspaceId: string): Promise<string[]> {
    const deployment = await store.deployments.latest(workspaceId);
    if (!deployment) return [];
    const files = (await store.deployments.files(workspaceId, deployment.id)) ?? [];
    const contents = await readCodeFiles(blobs, deployment, chooseModules(files));
    return [...contents]
      .flatMap(([path, content]) =>
        listProprietaryUses(content.toString()).map(({ name, line }) =>
          describeProprietaryPart(name, ` (${path}, line ${line})`),
        ),
      )
      .slice(0, maxWarnings);
  };
}

function chooseModules(files: PackageFile[]): Set<string> {
  let totalBytes = 0;
  const modules = files.filter(isModule).filter(({ size_bytes: bytes }) => {
    totalBytes += bytes;
    return totalBytes <= maxTotalBytes;
  });
  return new Set(modules.slice(0, maxFiles).map((file) => file.relative_path));
}

const isModule = ({ relative_path: path, linkname, size_bytes: bytes }: PackageFile): boolean =>
  path.endsWith('.py') && linkname === undefined && bytes <= maxModuleBytes;
