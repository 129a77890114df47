import type { RunSettings } from '../../../domain/jobs/job-settings.ts';
import type { Queryable } from '../pool.ts';
import type { RowList, SortColumn } from '../statements/keyset.ts';
import type { VersionSortKey } from '../jobs/job-records.ts';
import { columns } from '../statements/columns.ts';
import { countRows, orderOf, readRange, walk } from '../statements/keyset.ts';
import { createConditions } from '../statements/conditions.ts';
import { named } from '../statements/named.ts';

export interface PackageFile {
  relative_path: string;
  size_bytes: number;
  sha3_256: string;
  linkname?: string;
}

interface PackageRecord {
  id: string;
  workspaceId: string;
  version: number;
  contentHash: string;
  /** The hash by which an older client recognizes the content; null if it is `contentHash`. */
  olderContentHash: string | null;
  archiveSha256: string;
  archiveKey: string;
  fileCount: number;
  sizeBytes: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
  /** When retention removed the archive; null while it exists. */
  archiveRemovedAt: Date | null;
}

export interface DeploymentRecord extends PackageRecord {
  requirements: unknown;
  requirementsSizeBytes: number;
  hasEmbeddedDatabase: boolean;
  /** `__tags__` of the deployment module. */
  tags: string[];
  /** Why `__tags__` has no effect (domain/jobs/deployment-tags); null if it was read or is absent. */
  tagsProblem: string | null;
  /** Why the user deployed this version; null if the user did not say. */
  message: string | null;
}

export interface ConfigurationRecord extends PackageRecord {
  profiles: string[];
  /** Its `pumphouse` tables by profile (domain/jobs/job-settings); null if an older server stored it. */
  runSettings: RunSettings | null;
}

/** Columns that the store sets itself. */
type Given = 'version' | 'createdAt' | 'updatedAt' | 'archiveRemovedAt';

export type NewDeployment = Omit<DeploymentRecord, Given | 'message'> & {
  files: PackageFile[];
};
export type NewConfiguration = Omit<ConfigurationRecord, Given> & {
  files: PackageFile[];
};

const shared = [
  'id',
  'workspace_id',
  'version',
  'content_hash',
  'older_content_hash',
  'archive_sha256',
  'archive_key',
  'file_count',
  'size_bytes',
  'created_by',
  'created_at',
  'updated_at',
  'archive_removed_at',
];
const deploymentColumns = columns('deployments', [
  ...shared,
  'requirements',
  'requirements_size_bytes',
  'has_embedded_database',
  'tags',
  'tags_problem',
  'message',
]);
const configurationColumns = columns('configurations', [...shared, 'profiles', 'run_settings']);

function createReadings<Row extends PackageRecord>(sql: Queryable, table: string, selected: string) {
  return {
    latest: (workspaceId: string) =>
      sql.maybeOne<Row>(
        named(
          `select ${selected} from ${table} where workspace_id = :workspaceId order by version desc limit 1`,
          { workspaceId },
        ),
      ),

    /**
     * Locks the latest version for a run: until the transaction ends its archive is not removed, even if a
     * newer version is added meanwhile.
     */
    /** Reads a version and prevents that retention removes its archive until the transaction ends. */
    async hold(workspaceId: string, id: string) {
      const [row] = await sql.prepared<Row>(
        named(
          `select ${selected} from ${table} where workspace_id = :workspaceId and id = :id for key share`,
          { workspaceId, id },
        ),
      );
      return row;
    },

    async holdLatest(workspaceId: string) {
      const [row] = await sql.prepared<Row>(
        named(
          `select ${selected} from ${table} where workspace_id = :workspaceId order by version desc limit 1 for key share`,
          { workspaceId },
        ),
      );
      return row;
    },

    /** Finds the previous version; numbers may have gaps where older versions were removed. */
    before: (workspaceId: string, version: number) =>
      sql.maybeOne<Row>(
        named(
          `select ${selected} from ${table} where workspace_id = :workspaceId and version < :version order by version desc limit 1`,
          { workspaceId, version },
        ),
      ),

    get: (workspaceId: string, id: string) =>
      sql.maybeOnePrepared<Row>(
        named(`select ${selected} from ${table} where workspace_id = :workspaceId and id = :id`, {
          workspaceId,
          id,
        }),
      ),

    exists: async (id: string) =>
      (await sql.maybeOne(named(`select 1 from ${table} where id = :id`, { id }))) !== undefined,

    files: async (workspaceId: string, id: string) => {
      const row = await sql.maybeOne<{ files: PackageFile[] }>(
        named(`select files from ${table} where workspace_id = :workspaceId and id = :id`, {
          workspaceId,
          id,
        }),
      );
      return row?.files;
    },

    /** Records the hash by which the older client that sent the same content again recognizes it. */
    setOlderContentHash: (id: string, olderContentHash: string | null) =>
      sql.execute(
        named(`update ${table} set older_content_hash = :olderContentHash where id = :id`, {
          id,
          olderContentHash,
        }),
      ),

    olderContentHashes: (workspaceId: string, ids: readonly string[]) =>
      sql.query<Pick<PackageRecord, 'id' | 'olderContentHash'>>(
        named(
          `select id, older_content_hash as "olderContentHash" from ${table} where workspace_id = :workspaceId and id = any(:ids)`,
          { workspaceId, ids },
        ),
      ),

    list: (workspaceId: string, version: number | null) =>
      listPackages<Row>(sql, { table, selected, workspaceId, version }),
  };
}

/**
 * Lists versions. Numbers grow with time, so age and number have the same order. Newest first unless sorted.
 */
function listPackages<Row extends object>(
  sql: Queryable,
  of: { table: string; selected: string; workspaceId: string; version: number | null },
): RowList<Row, VersionSortKey> {
  const number: SortColumn = { sql: `${of.table}.version`, type: 'bigint', isNullable: false };
  const conditions = () => {
    const where = createConditions();
    where.add('workspace_id = ?', of.workspaceId);
    where.add('version = ?::bigint', of.version);
    return where;
  };
  return {
    async read(range) {
      const where = conditions();
      const sortable = { created_at: number, version: number };
      const order = orderOf(sortable, range.sorting, { newest: number, id: `${of.table}.id` });
      const text = walk({ columns: of.selected, from: of.table, where }, order, range);
      return readRange(sql, { text, where, isPrepared: range.offset === 0 }, range);
    },
    count: (atMost) => countRows(sql, { from: of.table, where: conditions() }, atMost, { isPrepared: true }),
  };
}

export type DeploymentStore = ReturnType<typeof createDeploymentStore>;

/**
 * Stores snapshots of a workspace's code. `insert` requires the workspace's lock, so that version numbers
 * have no gaps or duplicates.
 */
export function createDeploymentStore(sql: Queryable) {
  return {
    ...createReadings<DeploymentRecord>(sql, 'deployments', deploymentColumns),

    insert: (deployment: NewDeployment) =>
      sql.one<DeploymentRecord>(
        named(
          `insert into deployments (id, workspace_id, version, content_hash, older_content_hash, archive_sha256, archive_key, file_count, size_bytes,
                                    requirements, requirements_size_bytes, has_embedded_database, files, created_by, tags, tags_problem)
           select :id, :workspaceId, coalesce(max(version), 0) + 1, :contentHash, :olderContentHash, :archiveSha256, :archiveKey, :fileCount,
                  :sizeBytes, :requirements, :requirementsSizeBytes, :hasEmbeddedDatabase, :files, :createdBy, :tags,
                  :tagsProblem
             from deployments where workspace_id = :workspaceId
           returning ${deploymentColumns}`,
          {
            ...deployment,
            requirements: JSON.stringify(deployment.requirements),
            files: JSON.stringify(deployment.files),
          },
        ),
      ),

    setMessage: (id: string, message: string | null) =>
      sql.one<DeploymentRecord>(
        named(
          `update deployments set message = :message, updated_at = now() where id = :id returning ${deploymentColumns}`,
          { id, message },
        ),
      ),
  };
}

export type ConfigurationStore = ReturnType<typeof createConfigurationStore>;

/**
 * Stores snapshots of a workspace's `.dlt/*.toml`; the archive is encrypted. `insert` requires the
 * workspace's lock.
 */
export function createConfigurationStore(sql: Queryable) {
  return {
    ...createReadings<ConfigurationRecord>(sql, 'configurations', configurationColumns),

    insert: (configuration: NewConfiguration) =>
      sql.one<ConfigurationRecord>(
        named(
          `insert into configurations (id, workspace_id, version, content_hash, older_content_hash, archive_sha256, archive_key, file_count, size_bytes,
                                       profiles, files, created_by, run_settings)
           select :id, :workspaceId, coalesce(max(version), 0) + 1, :contentHash, :olderContentHash, :archiveSha256, :archiveKey, :fileCount,
                  :sizeBytes, :profiles, :files, :createdBy,
                  :runSettings from configurations where workspace_id = :workspaceId
           returning ${configurationColumns}`,
          {
            ...configuration,
            files: JSON.stringify(configuration.files),
            runSettings: JSON.stringify(configuration.runSettings),
          },
        ),
      ),
  };
}
