import type { Queryable } from './pool.ts';
import { columns } from './columns.ts';

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
  archiveSha256: string;
  archiveKey: string;
  fileCount: number;
  sizeBytes: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
  /** When retention removed the archive; null while it is there. */
  archiveRemovedAt: Date | null;
}

export interface DeploymentRecord extends PackageRecord {
  requirements: unknown;
  requirementsSizeBytes: number;
  hasEmbeddedDatabase: boolean;
}

export interface ConfigurationRecord extends PackageRecord {
  profiles: string[];
}

/** What the store gives a version itself. */
type Given = 'version' | 'createdAt' | 'updatedAt' | 'archiveRemovedAt';

export type NewDeployment = Omit<DeploymentRecord, Given> & {
  files: PackageFile[];
};
export type NewConfiguration = Omit<ConfigurationRecord, Given> & {
  files: PackageFile[];
};

export interface PackageListOptions {
  limit: number;
  offset: number;
  version: number | null;
  /** By version, which is by time of creation too; newest first where it is left out. */
  order?: 'asc' | 'desc';
}

const shared = [
  'id',
  'workspace_id',
  'version',
  'content_hash',
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
]);
const configurationColumns = columns('configurations', [...shared, 'profiles']);

function createReadings<Row extends PackageRecord>(sql: Queryable, table: string, selected: string) {
  return {
    latest: (workspaceId: string) =>
      sql.maybeOne<Row>(
        `select ${selected} from ${table} where workspace_id = $1 order by version desc limit 1`,
        [workspaceId],
      ),

    /** The latest, for a run: until the transaction ends its archive is not removed, even if a newer version comes meanwhile. */
    holdLatest: (workspaceId: string) =>
      sql.maybeOne<Row>(
        `select ${selected} from ${table} where workspace_id = $1 order by version desc limit 1 for key share`,
        [workspaceId],
      ),

    /** The one before a version; numbers may have gaps where older versions were removed. */
    before: (workspaceId: string, version: number) =>
      sql.maybeOne<Row>(
        `select ${selected} from ${table} where workspace_id = $1 and version < $2 order by version desc limit 1`,
        [workspaceId, version],
      ),

    get: (workspaceId: string, id: string) =>
      sql.maybeOne<Row>(`select ${selected} from ${table} where workspace_id = $1 and id = $2`, [
        workspaceId,
        id,
      ]),

    exists: async (id: string) =>
      (await sql.maybeOne(`select 1 from ${table} where id = $1`, [id])) !== undefined,

    files: async (workspaceId: string, id: string) => {
      const row = await sql.maybeOne<{ files: PackageFile[] }>(
        `select files from ${table} where workspace_id = $1 and id = $2`,
        [workspaceId, id],
      );
      return row?.files;
    },

    list: (workspaceId: string, options: PackageListOptions) =>
      sql.query<Row>(
        `select ${selected} from ${table} where workspace_id = $1 and ($4::int is null or version = $4)
          order by version ${options.order === 'asc' ? 'asc' : 'desc'} limit $2 offset $3`,
        [workspaceId, options.limit, options.offset, options.version],
      ),

    count: async (workspaceId: string, version: number | null) => {
      const row = await sql.one<{ count: number }>(
        `select count(*)::int as count from ${table} where workspace_id = $1 and ($2::int is null or version = $2)`,
        [workspaceId, version],
      );
      return row.count;
    },
  };
}

export type DeploymentStore = ReturnType<typeof createDeploymentStore>;

/** Snapshots of a workspace's code. `insert` needs the workspace's lock: versions have no gap and no twin. */
export function createDeploymentStore(sql: Queryable) {
  return {
    ...createReadings<DeploymentRecord>(sql, 'deployments', deploymentColumns),

    insert: (deployment: NewDeployment) =>
      sql.one<DeploymentRecord>(
        `insert into deployments (id, workspace_id, version, content_hash, archive_sha256, archive_key, file_count, size_bytes,
                                  requirements, requirements_size_bytes, has_embedded_database, files, created_by)
         select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
           from deployments where workspace_id = $2
         returning ${deploymentColumns}`,
        [
          deployment.id,
          deployment.workspaceId,
          deployment.contentHash,
          deployment.archiveSha256,
          deployment.archiveKey,
          deployment.fileCount,
          deployment.sizeBytes,
          JSON.stringify(deployment.requirements),
          deployment.requirementsSizeBytes,
          deployment.hasEmbeddedDatabase,
          JSON.stringify(deployment.files),
          deployment.createdBy,
        ],
      ),
  };
}

export type ConfigurationStore = ReturnType<typeof createConfigurationStore>;

/** Snapshots of a workspace's `.dlt/*.toml`; the archive is encrypted. `insert` needs the workspace's lock. */
export function createConfigurationStore(sql: Queryable) {
  return {
    ...createReadings<ConfigurationRecord>(sql, 'configurations', configurationColumns),

    insert: (configuration: NewConfiguration) =>
      sql.one<ConfigurationRecord>(
        `insert into configurations (id, workspace_id, version, content_hash, archive_sha256, archive_key, file_count, size_bytes,
                                     profiles, files, created_by)
         select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10 from configurations where workspace_id = $2
         returning ${configurationColumns}`,
        [
          configuration.id,
          configuration.workspaceId,
          configuration.contentHash,
          configuration.archiveSha256,
          configuration.archiveKey,
          configuration.fileCount,
          configuration.sizeBytes,
          configuration.profiles,
          JSON.stringify(configuration.files),
          configuration.createdBy,
        ],
      ),
  };
}
