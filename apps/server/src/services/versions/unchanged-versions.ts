import type { ConfigurationRecord, DeploymentRecord, PackageFile } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { isDeepStrictEqual } from 'node:util';

interface Versions<Row> {
  latest(workspaceId: string): Promise<Row | undefined>;
  files(workspaceId: string, id: string): Promise<PackageFile[] | undefined>;
  setOlderContentHash(id: string, olderContentHash: string | null): Promise<number>;
}

/**
 * Creates a search for the latest version with the same files. Releases of the older client hash the same
 * files in different ways and send them again after another client did; that must not create a version.
 */
export function createUnchangedVersions({ store }: Persistence<'configurations' | 'deployments'>) {
  async function find<Row extends Pick<DeploymentRecord, 'id' | 'archiveRemovedAt' | 'olderContentHash'>>(
    versions: Versions<Row>,
    workspaceId: string,
    { files, olderContentHash }: { files: readonly PackageFile[]; olderContentHash: string | null },
  ): Promise<Row | undefined> {
    const latest = await versions.latest(workspaceId);
    if (!latest || latest.archiveRemovedAt) return undefined;
    const stored = await versions.files(workspaceId, latest.id);
    if (!stored || !isDeepStrictEqual(sortFiles(stored), sortFiles(files))) return undefined;
    if (latest.olderContentHash !== olderContentHash)
      await versions.setOlderContentHash(latest.id, olderContentHash);
    return { ...latest, olderContentHash };
  }

  return {
    /** @param olderContentHash the hash by which the client recognizes the content; null if it is the usual one */
    findDeployment: (
      workspaceId: string,
      files: readonly PackageFile[],
      olderContentHash: string | null,
    ): Promise<DeploymentRecord | undefined> =>
      find(store.deployments, workspaceId, { files, olderContentHash }),

    /** See `findDeployment`. */
    findConfiguration: (
      workspaceId: string,
      files: readonly PackageFile[],
      olderContentHash: string | null,
    ): Promise<ConfigurationRecord | undefined> =>
      find(store.configurations, workspaceId, { files, olderContentHash }),
  };
}

/** Manifests are sorted by the client's rule, which differs between releases outside of ASCII. */
function sortFiles(files: readonly PackageFile[]): PackageFile[] {
  return files.toSorted((a, b) => (a.relative_path < b.relative_path ? -1 : 1));
}
