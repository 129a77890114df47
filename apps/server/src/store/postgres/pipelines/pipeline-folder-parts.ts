import type { LocalDataKey } from '../local-data/local-data-key.ts';
import type { Queryable } from '../pool.ts';
import { keepBlobs, reserveBlobs } from '../retention/blob-reservations.ts';
import { named } from '../statements/named.ts';

export interface PipelineFolderPart {
  sha256: string;
  sizeBytes: number;
  blobKey: string;
}

/** Stores the contents of working folders of pipelines. Removing a part lists its blob for removal. */
export function createPipelineFolderParts(sql: Queryable) {
  return {
    /** Lists blobs for removal unless they are kept within a day. @returns the reservations, in the order of the keys */
    reserveBlobs: (keys: readonly string[]) => reserveBlobs(sql, keys),
    /** Ends reservations, in the transaction that names the blobs; false if one has expired. */
    keepBlobs: (reservations: readonly number[]) => keepBlobs(sql, reservations),

    /** Adds parts. @returns the keys of those that the folder did not have */
    async add(folderId: string, parts: readonly PipelineFolderPart[]): Promise<string[]> {
      const rows = await sql.query<{ blobKey: string }>(
        named(
          `insert into pipeline_folder_parts (folder_id, sha256, size_bytes, blob_key)
           select :folderId, part.sha256, part."sizeBytes", part."blobKey"
             from jsonb_to_recordset(:parts::jsonb) as part (sha256 text, "sizeBytes" integer, "blobKey" text)
            order by part.sha256
           on conflict do nothing
           returning blob_key as "blobKey"`,
          { folderId, parts: JSON.stringify(parts) },
        ),
      );
      return rows.map(({ blobKey }) => blobKey);
    },

    list: (folderId: string, digests: readonly string[]) =>
      sql.query<PipelineFolderPart>(
        named(
          `select sha256, size_bytes as "sizeBytes", blob_key as "blobKey" from pipeline_folder_parts
            where folder_id = :folderId and sha256 = any(:digests)`,
          { folderId, digests: [...digests] },
        ),
      ),

    /** Removes the parts of a folder that no file of it has. */
    removeUnused: (folderId: string) =>
      sql.execute(
        named(
          `delete from pipeline_folder_parts
            where folder_id = :folderId
              and sha256 not in (select part->>2 from pipeline_folders folders, jsonb_each(folders.files) file,
                                        jsonb_path_query(file.value, '$.parts[*]') part
                                  where folders.id = :folderId and part->>2 is not null)`,
          { folderId },
        ),
      ),

    /** Counts the bytes of all folders of a workspace and profile. */
    async countBytes({ workspaceId, profile }: LocalDataKey): Promise<number> {
      const { bytes } = await sql.one<{ bytes: number }>(
        named(
          `select coalesce(sum(parts.size_bytes), 0)::int8 as bytes
             from pipeline_folders folders join pipeline_folder_parts parts on parts.folder_id = folders.id
            where folders.workspace_id = :workspaceId and folders.profile = :profile`,
          { workspaceId, profile },
        ),
      );
      return bytes;
    },
  };
}
