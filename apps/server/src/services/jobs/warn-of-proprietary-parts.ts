import type { BlobStore } from '../../blobs/blob-store.ts';
import type { PackageFile } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { describeProprietaryPart } from '@pumphouse/contract';
import { listProprietaryUses } from '../../domain/jobs/proprietary-uses.ts';
import { maxModuleBytes, readCodeFiles } from '../versions/read-code-files.ts';

export type WarnOfProprietaryParts = ReturnType<typeof createWarnOfProprietaryParts>;

/** Bounds what a deploy reads and parses. */
const maxFiles = 500;
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
    const paths = files.filter(isModule).slice(0, maxFiles);
    const contents = await readCodeFiles(blobs, deployment, new Set(paths.map((file) => file.relative_path)));
    return [...contents]
      .flatMap(([path, content]) =>
        listProprietaryUses(content.toString()).map(({ name, line }) =>
          describeProprietaryPart(name, ` (${path}, line ${line})`),
        ),
      )
      .slice(0, maxWarnings);
  };
}

const isModule = ({ relative_path: path, linkname, size_bytes: bytes }: PackageFile): boolean =>
  path.endsWith('.py') && linkname === undefined && bytes <= maxModuleBytes;
