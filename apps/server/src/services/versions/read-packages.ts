import type {
  ConfigurationRecord,
  DeploymentRecord,
  PackageFile,
  RowList,
  VersionSortKey,
} from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence } from '../../store/store.ts';
import { createPageReader } from '../paging/read-page.ts';
import { ServiceError } from '../../platform/service-error.ts';

export type ReadPackages = ReturnType<typeof createReadPackages>;

/** Reads deployments and configurations of a workspace, and their file lists. */
export function createReadPackages({ store }: Persistence<'configurations' | 'deployments'>) {
  return {
    deployments: createReadings<DeploymentRecord>(store.deployments, 'deployment'),
    configurations: createReadings<ConfigurationRecord>(store.configurations, 'configuration'),
  };
}

interface PackageStore<Row> {
  latest(workspaceId: string): Promise<Row | undefined>;
  get(workspaceId: string, id: string): Promise<Row | undefined>;
  files(workspaceId: string, id: string): Promise<PackageFile[] | undefined>;
  olderContentHashes(
    workspaceId: string,
    ids: readonly string[],
  ): Promise<{ id: string; olderContentHash: string | null }[]>;
  list(workspaceId: string, version: number | null): RowList<Row, VersionSortKey>;
}

function createReadings<Row>(packages: PackageStore<Row>, kind: string) {
  const readPage = createPageReader();
  const found = <Found>(row: Found | undefined, id: string): Found => {
    if (row === undefined) throw new ServiceError('not_found', `There is no ${kind} ${id}.`);
    return row;
  };
  return {
    get: async (workspaceId: string, id: string) => found(await packages.get(workspaceId, id), id),
    files: async (workspaceId: string, id: string) => found(await packages.files(workspaceId, id), id),

    /** Reads the hashes by which the older client recognizes versions; null if it is their own. */
    async readOlderContentHashes(
      workspaceId: string,
      ids: readonly string[],
    ): Promise<ReadonlyMap<string, string | null>> {
      const rows = await packages.olderContentHashes(workspaceId, ids);
      return new Map(rows.map(({ id, olderContentHash }) => [id, olderContentHash]));
    },

    async latest(workspaceId: string): Promise<Row> {
      const row = await packages.latest(workspaceId);
      if (row === undefined) throw new ServiceError('not_found', `The workspace has no ${kind} yet.`);
      return row;
    },

    /** Newest first unless sorted. */
    list: (
      workspaceId: string,
      page: PageRequest<VersionSortKey> & { version: number | null },
    ): Promise<Page<Row>> => readPage(page, packages.list(workspaceId, page.version)),
  };
}
