import { LRUCache } from 'lru-cache';
import { ArchiveError } from '../../archives/archive-error.ts';
import { BlobNotFoundError, type BlobStore } from '../../blobs/blob-store.ts';
import { parsePackageSources, type DeclaredSources } from '../../domain/environments/package-sources.ts';
import { RequirementsError } from '../../domain/environments/requirements.ts';
import { ServiceError } from '../../platform/service-error.ts';
import type { DeploymentRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { readPyproject } from '../versions/archive-checks/read-pyproject.ts';

const maxCachedCharacters = 8 * 1024 * 1024;

export type ReadPackageSources = ReturnType<typeof createReadPackageSources>;

/**
 * Creates the use case that reads the package indexes and sources of a version of code. They are read from its
 * archive, because clients do not send them with the requirements. A version never changes, so they are cached.
 */
export function createReadPackageSources({
  persistence: { store },
  blobs,
}: {
  persistence: Persistence<'deployments'>;
  blobs: BlobStore;
}) {
  const known = new LRUCache<string, DeclaredSources>({
    maxSize: maxCachedCharacters,
    sizeCalculation: (sources) => JSON.stringify(sources).length,
  });

  async function read({
    id,
    workspaceId,
    archiveKey,
  }: Pick<DeploymentRecord, 'id' | 'workspaceId' | 'archiveKey'>): Promise<DeclaredSources> {
    const files = (await store.deployments.files(workspaceId, id)) ?? [];
    try {
      return parsePackageSources(await readPyproject(() => blobs.openRead(archiveKey), files));
    } catch (error) {
      if (!isDueToVersion(error)) throw error;
      // Without them the build could ask a public index for private packages.
      throw new RequirementsError('invalid_package_sources', error.message);
    }
  }

  /** @throws RequirementsError invalid_package_sources */
  return async function readPackageSources(
    deployment: Pick<DeploymentRecord, 'id' | 'workspaceId' | 'archiveKey'>,
  ): Promise<DeclaredSources> {
    const found = known.get(deployment.id) ?? (await read(deployment));
    known.set(deployment.id, found);
    return found;
  };
}

/** Other errors are of the blob store, and may pass. */
function isDueToVersion(error: unknown): error is Error {
  return error instanceof ArchiveError || error instanceof ServiceError || error instanceof BlobNotFoundError;
}
