import type { LocalDataKey } from './local-data-key.ts';
import type { Queryable } from '../pool.ts';
import { keepBlobs, reserveBlobs } from '../retention/blob-reservations.ts';
import { named } from '../statements/named.ts';

export interface LocalDataPart {
  id: number;
  sha256: string;
  sizeBytes: number;
  blobKey: string;
}

export type NewLocalDataPart = Omit<LocalDataPart, 'id'>;

/** A run may still be downloading a version that was replaced, or have uploaded parts that it has not committed. */
const graceHours = 2;

/** Stores the parts of which files of local data consist. */
export function createLocalDataParts(sql: Queryable) {
  return {
    /** Lists blobs for removal unless they are kept within a day. @returns the reservations, in the order of the keys */
    reserveBlobs: (keys: readonly string[]) => reserveBlobs(sql, keys),
    /** Ends reservations, in the transaction that names the blobs; false if one has expired. */
    keepBlobs: (reservations: readonly number[]) => keepBlobs(sql, reservations),

    list: ({ workspaceId, profile }: LocalDataKey, ids: readonly number[]) =>
      sql.query<LocalDataPart>(
        named(
          `select id, sha256, size_bytes as "sizeBytes", blob_key as "blobKey" from local_data_parts
            where workspace_id = :workspaceId and profile = :profile and id = any(:ids)`,
          { workspaceId, profile, ids },
        ),
      ),

    find: ({ workspaceId, profile }: LocalDataKey, digests: readonly string[]) =>
      sql.query<Pick<LocalDataPart, 'id' | 'sha256' | 'sizeBytes'>>(
        named(
          `select id, sha256, size_bytes as "sizeBytes" from local_data_parts
            where workspace_id = :workspaceId and profile = :profile and sha256 = any(:digests)`,
          { workspaceId, profile, digests },
        ),
      ),

    /** How much an attempt has uploaded. */
    async countUploadedBytes(attemptId: string): Promise<number> {
      const { bytes } = await sql.one<{ bytes: number }>(
        named(
          `select coalesce(sum(size_bytes), 0)::int8 as bytes from local_data_parts where attempt_id = :attemptId`,
          { attemptId },
        ),
      );
      return bytes;
    },

    /**
     * Adds parts, and keeps those that exist already from being removed as unused.
     * @returns the keys of the added ones
     */
    async add(
      { workspaceId, profile }: LocalDataKey,
      attemptId: string,
      parts: readonly NewLocalDataPart[],
    ): Promise<string[]> {
      const rows = await sql.query<{ blobKey: string }>(
        named(
          `insert into local_data_parts (workspace_id, profile, sha256, size_bytes, blob_key, attempt_id)
           select :workspaceId, :profile, part.sha256, part."sizeBytes", part."blobKey", :attemptId
             from jsonb_to_recordset(:parts::jsonb) as part (sha256 text, "sizeBytes" integer, "blobKey" text)
            order by part.sha256
           on conflict (workspace_id, profile, sha256) do update set stored_at = now()
           returning blob_key as "blobKey"`,
          { workspaceId, profile, attemptId, parts: JSON.stringify(parts) },
        ),
      );
      const stored = new Set(rows.map(({ blobKey }) => blobKey));
      return parts.map(({ blobKey }) => blobKey).filter((key) => stored.has(key));
    },

    /** Lists what has files or parts whose grace period has ended since the last sweep. */
    listUnswept: () =>
      sql.query<LocalDataKey>(
        named(
          `select manifests.workspace_id as "workspaceId", manifests.profile from local_data_manifests manifests
            where exists (select from local_data_files files
                           where files.workspace_id = manifests.workspace_id and files.profile = manifests.profile
                             and files.ended_at < now() - make_interval(hours => :graceHours)
                             and (manifests.swept_at is null
                                  or files.ended_at >= manifests.swept_at - make_interval(hours => :graceHours)))
               or exists (select from local_data_parts parts
                           where parts.workspace_id = manifests.workspace_id and parts.profile = manifests.profile
                             and parts.stored_at < now() - make_interval(hours => :graceHours)
                             and (manifests.swept_at is null
                                  or parts.stored_at >= manifests.swept_at - make_interval(hours => :graceHours)))`,
          { graceHours },
        ),
      ),

    /**
     * Removes files that ended a while ago and are in no snapshot and no undo copy, and parts that nothing uses. The caller has
     * the lock of the manifest.
     */
    async sweep({ workspaceId, profile }: LocalDataKey): Promise<void> {
      await sql.execute(
        named(
          `delete from local_data_files files using local_data_manifests manifests
            where files.workspace_id = :workspaceId and files.profile = :profile
              and manifests.workspace_id = files.workspace_id and manifests.profile = files.profile
              and files.ended_at < now() - make_interval(hours => :graceHours)
              and (manifests.snapshot_version is null or files.until_version <= manifests.snapshot_version
                   or files.from_version > manifests.snapshot_version)
              and not exists (select from local_data_resets resets
                               where resets.workspace_id = files.workspace_id and resets.profile = files.profile
                                 and resets.version >= files.from_version and resets.version < files.until_version)`,
          { workspaceId, profile, graceHours },
        ),
      );
      await sql.execute(
        named(
          `with used as (
             select distinct unnest(part_ids) as id from local_data_files
              where workspace_id = :workspaceId and profile = :profile),
           gone as (
             delete from local_data_parts parts
              where parts.workspace_id = :workspaceId and parts.profile = :profile
                and parts.stored_at < now() - make_interval(hours => :graceHours)
                and not exists (select from used where used.id = parts.id)
             returning blob_key)
           insert into storage_removals (kind, target) select 'blob', jsonb_build_object('key', blob_key) from gone`,
          { workspaceId, profile, graceHours },
        ),
      );
      await sql.execute(
        named(
          `update local_data_manifests set swept_at = now() where workspace_id = :workspaceId and profile = :profile`,
          { workspaceId, profile },
        ),
      );
    },
  };
}
