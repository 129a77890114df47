import type { LocalDataKey } from './local-data-key.ts';
import type { Queryable } from '../pool.ts';
import { createLocalDataParts } from './local-data-parts.ts';
import { createLocalDataResets } from './local-data-resets.ts';
import { named } from '../statements/named.ts';

/** The attempt that asks for local data. */
export interface LocalDataAttempt extends LocalDataKey {
  isBegun: boolean;
  isClosed: boolean;
  /** The end of its code is recorded. */
  hasExited: boolean;
  isApp: boolean;
  /** Of a run that only imports code. */
  isInternal: boolean;
}

export interface LocalDataManifest {
  version: number;
  snapshotVersion: number | null;
  snapshotOnly: string | null;
}

/** Offset in the file, id, size and SHA-256 of a part. */
export type PlacedPart = [offset: number, id: number, sizeBytes: number, sha256: string];

export interface LocalDataFile {
  path: string;
  mode: number;
  sizeBytes: number;
  /** A decimal number, because it is beyond 2^53. */
  changedNs: string;
  linkTarget: string | null;
  databasePath: string | null;
  parts: PlacedPart[];
}

export interface CurrentLocalDataFile extends LocalDataFile {
  fromVersion: number;
}

export interface NewLocalDataFile extends Omit<LocalDataFile, 'parts'> {
  partIds: number[];
  partOffsets: number[];
}

/** The part of a version to list. */
export interface LocalDataPage {
  version: number;
  /** A single entry of the root; null: all. */
  only: string | null;
  /** The path after which the page begins; '' for the first. */
  after: string;
  limit: number;
}

const fileColumns = `files.path, files.mode, files.size_bytes as "sizeBytes", files.changed_ns::text as "changedNs",
  files.link_target as "linkTarget", files.database_path as "databasePath",
  (select coalesce(json_agg(json_build_array(placed.at, parts.id, parts.size_bytes, parts.sha256) order by placed.at), '[]')
     from unnest(files.part_offsets, files.part_ids) as placed (at, part_id)
     join local_data_parts parts on parts.id = placed.part_id) as parts`;

/** Stores local data that is kept as objects: which files there are, and of which parts they consist. */
export function createLocalDataStore(sql: Queryable) {
  return {
    parts: createLocalDataParts(sql),
    resets: createLocalDataResets(sql),

    findAttempt: (attemptId: string) =>
      sql.maybeOnePrepared<LocalDataAttempt>(
        named(
          `select job_runs.workspace_id as "workspaceId", job_runs.profile, attempts.begun_at is not null as "isBegun",
                  attempts.closed_at is not null as "isClosed", attempts.exit is not null as "hasExited",
                  job_runs.is_app as "isApp", job_runs.is_internal as "isInternal"
             from attempts join job_runs on job_runs.id = attempts.job_run_id where attempts.id = :attemptId`,
          { attemptId },
        ),
      ),

    /** Keeps an attempt from being closed until the transaction ends; false if it is not open. */
    async holdOpenAttempt(attemptId: string): Promise<boolean> {
      const row = await sql.maybeOne(
        named(
          `select 1 from attempts
            where id = :attemptId and begun_at is not null and closed_at is null and exit is null for share`,
          { attemptId },
        ),
      );
      return row !== undefined;
    },

    findManifest: ({ workspaceId, profile }: LocalDataKey) =>
      sql.maybeOnePrepared<LocalDataManifest>(
        named(
          `select version, snapshot_version as "snapshotVersion", snapshot_only as "snapshotOnly"
             from local_data_manifests where workspace_id = :workspaceId and profile = :profile`,
          { workspaceId, profile },
        ),
      ),

    async ensureManifest({ workspaceId, profile }: LocalDataKey): Promise<void> {
      await sql.execute(
        named(
          `insert into local_data_manifests (workspace_id, profile) values (:workspaceId, :profile) on conflict do nothing`,
          { workspaceId, profile },
        ),
      );
    },

    /** Locks a manifest, which must exist, until the transaction ends. */
    lockManifest: ({ workspaceId, profile }: LocalDataKey) =>
      sql.one<LocalDataManifest>(
        named(
          `select version, snapshot_version as "snapshotVersion", snapshot_only as "snapshotOnly"
             from local_data_manifests where workspace_id = :workspaceId and profile = :profile for update`,
          { workspaceId, profile },
        ),
      ),

    setVersion: ({ workspaceId, profile }: LocalDataKey, version: number) =>
      sql.execute(
        named(
          `update local_data_manifests set version = :version where workspace_id = :workspaceId and profile = :profile`,
          { workspaceId, profile, version },
        ),
      ),

    /** Makes a version the one that copies contain, unless they have a later one. */
    setSnapshot: (
      { workspaceId, profile }: LocalDataKey,
      { version, only }: { version: number; only: string | null },
    ) =>
      sql.execute(
        named(
          `update local_data_manifests set snapshot_version = :version, snapshot_only = :only
            where workspace_id = :workspaceId and profile = :profile and coalesce(snapshot_version, 0) <= :version`,
          { workspaceId, profile, version, only },
        ),
      ),

    listFiles: ({ workspaceId, profile }: LocalDataKey, { version, only, after, limit }: LocalDataPage) =>
      sql.query<LocalDataFile>(
        named(
          `select ${fileColumns} from local_data_files files
            where files.workspace_id = :workspaceId and files.profile = :profile and files.path > :after
              and files.from_version <= :version and (files.until_version is null or files.until_version > :version)
              and (:only::text is null or split_part(files.path, '/', 1) = :only)
            order by files.path limit :limit`,
          { workspaceId, profile, version, only, after, limit },
        ),
      ),

    /** Lists the current files with one of these paths, and the files of these databases. */
    listCurrent: (
      { workspaceId, profile }: LocalDataKey,
      { paths, databasePaths }: { paths: readonly string[]; databasePaths: readonly string[] },
    ) =>
      sql.query<CurrentLocalDataFile>(
        named(
          `select ${fileColumns}, files.from_version as "fromVersion" from local_data_files files
            where files.workspace_id = :workspaceId and files.profile = :profile and files.until_version is null
              and (files.path = any(:paths) or files.database_path = any(:databasePaths))`,
          { workspaceId, profile, paths, databasePaths },
        ),
      ),

    endFiles: ({ workspaceId, profile }: LocalDataKey, version: number, paths: readonly string[]) =>
      sql.execute(
        named(
          `update local_data_files set until_version = :version, ended_at = now()
            where workspace_id = :workspaceId and profile = :profile and until_version is null and path = any(:paths)`,
          { workspaceId, profile, version, paths },
        ),
      ),

    /** Ends all current files. */
    endAllFiles: ({ workspaceId, profile }: LocalDataKey, version: number) =>
      sql.execute(
        named(
          `update local_data_files set until_version = :version, ended_at = now()
            where workspace_id = :workspaceId and profile = :profile and until_version is null`,
          { workspaceId, profile, version },
        ),
      ),

    /** Adds the files of an earlier version, of which a reset keeps the contents, to a new one without files. */
    bringBackFiles: ({ workspaceId, profile }: LocalDataKey, earlier: number, version: number) =>
      sql.execute(
        named(
          `insert into local_data_files (workspace_id, profile, path, mode, size_bytes, changed_ns, link_target, database_path,
                                         part_ids, part_offsets, from_version)
           select workspace_id, profile, path, mode, size_bytes, changed_ns, link_target, database_path, part_ids, part_offsets,
                  :version
             from local_data_files
            where workspace_id = :workspaceId and profile = :profile
              and from_version <= :earlier and (until_version is null or until_version > :earlier)`,
          { workspaceId, profile, earlier, version },
        ),
      ),

    listProfiles: async (workspaceId: string): Promise<string[]> => {
      const rows = await sql.query<{ profile: string }>(
        named(`select profile from local_data_manifests where workspace_id = :workspaceId order by profile`, {
          workspaceId,
        }),
      );
      return rows.map(({ profile }) => profile);
    },

    /** Finds a current file that is one of the folders, or below one of the paths; null if there is none. */
    async findInTheWay(
      { workspaceId, profile }: LocalDataKey,
      { paths, folders }: { paths: readonly string[]; folders: readonly string[] },
    ): Promise<string | null> {
      const row = await sql.maybeOne<{ path: string }>(
        named(
          `(select path from local_data_files
             where workspace_id = :workspaceId and profile = :profile and until_version is null and path = any(:folders)
             limit 1)
           union all
           (select files.path from unnest(:paths::text[]) as above (path)
              join local_data_files files on files.workspace_id = :workspaceId and files.profile = :profile
                   and files.until_version is null
                   and files.path > (above.path || '/') collate "C" and files.path < (above.path || '0') collate "C"
             limit 1)
           limit 1`,
          { workspaceId, profile, paths, folders },
        ),
      );
      return row?.path ?? null;
    },

    addFiles: ({ workspaceId, profile }: LocalDataKey, version: number, files: readonly NewLocalDataFile[]) =>
      sql.execute(
        named(
          `insert into local_data_files (workspace_id, profile, path, mode, size_bytes, changed_ns, link_target, database_path,
                                         part_ids, part_offsets, from_version)
           select :workspaceId, :profile, file.path, file.mode, file."sizeBytes", file."changedNs"::bigint, file."linkTarget",
                  file."databasePath",
                  array(select value::bigint from jsonb_array_elements_text(file."partIds") with ordinality order by ordinality),
                  array(select value::bigint from jsonb_array_elements_text(file."partOffsets") with ordinality order by ordinality),
                  :version
             from jsonb_to_recordset(:files::jsonb)
               as file (path text, mode integer, "sizeBytes" bigint, "changedNs" text, "linkTarget" text,
                        "databasePath" text, "partIds" jsonb, "partOffsets" jsonb)`,
          { workspaceId, profile, version, files: JSON.stringify(files) },
        ),
      ),

    /** Counts the current files. Parts that several files share count for each. */
    measure: ({ workspaceId, profile }: LocalDataKey) =>
      sql.one<{ files: number; bytes: number }>(
        named(
          `select count(*)::int as files,
                  coalesce(sum((select sum(parts.size_bytes) from local_data_parts parts where parts.id = any(files.part_ids))), 0)::int8 as bytes
             from local_data_files files
            where files.workspace_id = :workspaceId and files.profile = :profile and files.until_version is null`,
          { workspaceId, profile },
        ),
      ),
  };
}
