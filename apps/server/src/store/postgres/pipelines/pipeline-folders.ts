import type { LocalDataKey } from '../local-data/local-data-key.ts';
import type { Queryable } from '../pool.ts';
import { createPipelineFolderParts } from './pipeline-folder-parts.ts';
import { named } from '../statements/named.ts';

/** A file of a working folder; a folder in it if `parts` is null. What no part covers is zero. */
export interface PipelineFile {
  mode: number;
  size_bytes: number;
  /** A decimal number, because it is beyond 2^53. */
  changed_ns: string;
  /** Offset, size and SHA-256 of each. */
  parts: [offset: number, sizeBytes: number, sha256: string][] | null;
}

/** A working folder as an attempt has it. */
export interface SavedPipelineFolder {
  id: string;
  pipelineName: string;
  origin: Record<string, unknown>;
  packages: unknown[];
  changed: Record<string, PipelineFile>;
  removed: readonly string[];
}

export interface TakenPipelineFolder {
  id: string;
  /** The attempt that extracted the packages. */
  attemptId: string;
  origin: Record<string, unknown>;
  files: Record<string, PipelineFile>;
  packages: unknown[];
}

export interface LeftPipelineFolder {
  id: string;
  attemptId: string;
  pipelineName: string;
  packages: unknown[];
}

/** An attempt is over once it is closed or its exit is recorded, and then for ever. */
const ownerIsOpen = `exists (select 1 from attempts owner where owner.id = folders.owner_attempt_id
  and owner.closed_at is null and owner.exit is null)` as const;
const inScope = `folders.workspace_id = :workspaceId and folders.profile = :profile` as const;
const selectLeft =
  `select folders.id, folders.attempt_id as "attemptId", folders.pipeline_name as "pipelineName",
  folders.packages from pipeline_folders folders` as const;

/** Stores working folders of pipelines, each owned by one attempt. */
export function createPipelineFolderStore(sql: Queryable) {
  return {
    parts: createPipelineFolderParts(sql),

    /**
     * Adds a folder of an attempt, or changes one that it owns.
     * @returns the number of its files; undefined if another attempt owns it
     */
    async save(
      { workspaceId, profile }: LocalDataKey,
      attemptId: string,
      { id, pipelineName, origin, packages, changed, removed }: SavedPipelineFolder,
    ): Promise<number | undefined> {
      const row = await sql.maybeOne<{ fileCount: number }>(
        named(
          `insert into pipeline_folders (id, workspace_id, profile, pipeline_name, attempt_id, owner_attempt_id, origin, files, packages)
           values (:id, :workspaceId, :profile, :pipelineName, :attemptId, :attemptId, :origin::jsonb, :changed::jsonb, :packages::jsonb)
           on conflict (id) do update
             set origin = excluded.origin, packages = excluded.packages, changed_at = now(),
                 files = (pipeline_folders.files - :removed::text[]) || excluded.files
             where pipeline_folders.owner_attempt_id = :attemptId and pipeline_folders.workspace_id = :workspaceId
               and pipeline_folders.profile = :profile and pipeline_folders.pipeline_name = :pipelineName
           returning (select count(*)::int from jsonb_object_keys(files)) as "fileCount"`,
          {
            id,
            workspaceId,
            profile,
            pipelineName,
            attemptId,
            origin: JSON.stringify(origin),
            changed: JSON.stringify(changed),
            packages: JSON.stringify(packages),
            removed: [...removed],
          },
        ),
      );
      return row?.fileCount;
    },

    /** Adds an empty folder, to which contents can be uploaded. @returns false if another attempt owns it */
    async reserve(
      { workspaceId, profile }: LocalDataKey,
      attemptId: string,
      { id, pipelineName }: { id: string; pipelineName: string },
    ): Promise<boolean> {
      const row = await sql.one<{ isOwn: boolean }>(
        named(
          `with added as (
             insert into pipeline_folders (id, workspace_id, profile, pipeline_name, attempt_id, owner_attempt_id)
             values (:id, :workspaceId, :profile, :pipelineName, :attemptId, :attemptId)
             on conflict (id) do nothing returning 1)
           select exists (select 1 from added) or exists (
             select 1 from pipeline_folders folders
              where folders.id = :id and folders.owner_attempt_id = :attemptId and ${inScope}) as "isOwn"`,
          { id, workspaceId, profile, pipelineName, attemptId },
        ),
      );
      return row.isOwn;
    },

    /** Removes folders that an attempt owns. */
    remove: (attemptId: string, ids: readonly string[]) =>
      sql.execute(
        named('delete from pipeline_folders where owner_attempt_id = :attemptId and id = any(:ids::uuid[])', {
          attemptId,
          ids: [...ids],
        }),
      ),

    /** Finds the oldest complete folder of a pipeline whose owner is over. */
    findLeft: ({ workspaceId, profile }: LocalDataKey, pipelineName: string) =>
      sql.maybeOnePrepared<{ id: string; ownerAttemptId: string }>(
        named(
          `select folders.id, folders.owner_attempt_id as "ownerAttemptId" from pipeline_folders folders
            where ${inScope} and folders.pipeline_name = :pipelineName and folders.packages <> '[]' and not ${ownerIsOpen}
            order by folders.created_at, folders.id limit 1`,
          { workspaceId, profile, pipelineName },
        ),
      ),

    /** Makes an attempt the owner of a folder, unless another attempt was faster. */
    take: (id: string, owners: { before: string; after: string }) =>
      sql.maybeOne<TakenPipelineFolder>(
        named(
          `update pipeline_folders set owner_attempt_id = :after where id = :id and owner_attempt_id = :before
           returning id, attempt_id as "attemptId", origin, files, packages`,
          { id, ...owners },
        ),
      ),

    /** Whether an attempt owns a folder. */
    async isOwner(attemptId: string, id: string): Promise<boolean> {
      const row = await sql.maybeOnePrepared(
        named('select 1 from pipeline_folders where id = :id and owner_attempt_id = :attemptId', {
          id,
          attemptId,
        }),
      );
      return row !== undefined;
    },

    /** Whether an attempt owns any folder. */
    async hasOwned(attemptId: string): Promise<boolean> {
      const row = await sql.maybeOnePrepared(
        named('select 1 from pipeline_folders where owner_attempt_id = :attemptId limit 1', { attemptId }),
      );
      return row !== undefined;
    },

    /** Lists the complete folders that no open attempt owns, except `ending`, whose record is being stored. */
    listLeft: ({ workspaceId, profile }: LocalDataKey, ending: string) =>
      sql.query<LeftPipelineFolder>(
        named(
          `${selectLeft}
            where ${inScope} and folders.packages <> '[]'
              and (folders.owner_attempt_id = :ending or not ${ownerIsOpen})
            order by folders.created_at, folders.id limit 1000`,
          { workspaceId, profile, ending },
        ),
      ),

    /**
     * Removes folders that no open attempt owns, of `ids` only.
     * @returns those that it removed
     */
    removeLeft: (ids: readonly string[], ending: string | null) =>
      sql.query<{ id: string }>(
        named(
          `delete from pipeline_folders folders
            where folders.id = any(:ids::uuid[]) and (folders.owner_attempt_id = :ending::uuid or not ${ownerIsOpen})
           returning folders.id`,
          { ids: [...ids], ending },
        ),
      ),

    /** Lists the folders of a pipeline that no open attempt owns. */
    listOfPipeline: ({ workspaceId, profile }: LocalDataKey, pipelineName: string) =>
      sql.query<LeftPipelineFolder>(
        named(
          `${selectLeft}
            where ${inScope} and folders.pipeline_name = :pipelineName and not ${ownerIsOpen}`,
          { workspaceId, profile, pipelineName },
        ),
      ),

    /** Removes folders whose upload never became complete, and those that have not changed for this many days. */
    sweep: (days: number) =>
      sql.execute(
        named(
          `delete from pipeline_folders folders
            where not ${ownerIsOpen}
              and (folders.packages = '[]' or folders.changed_at < now() - make_interval(days => :days))`,
          { days },
        ),
      ),
  };
}
