import type { Queryable } from '../pool.ts';
import { MASK } from '../../../domain/variables/mask-text.ts';
import { named } from '../statements/named.ts';

/** Identifies a schema. */
export interface SchemaKey {
  workspaceId: string;
  pipelineName: string;
  schemaName: string;
}

/** Identifies a schema version. */
export interface SchemaVersionKey extends SchemaKey {
  versionHash: string;
}

export interface NewSchemaVersion extends SchemaVersionKey {
  version: number | null;
  /** Newest first. */
  previousHashes: string[];
  destinationName: string | null;
  datasetName: string | null;
  document: unknown;
  jobRunId: string | null;
}

export interface SchemaVersionRecord extends NewSchemaVersion {
  createdAt: Date;
  lastSeenAt: Date;
}

/** The most recently reported version of a schema. */
export interface LatestSchemaRecord {
  schemaName: string;
  versionHash: string;
  lastSeenAt: Date;
  /** Up to 10,001. */
  versionCount: number;
}

const maxSchemasOfPipeline = 200;
const maxCounted = 10_001;

const isVersion =
  'workspace_id = :workspaceId and pipeline_name = :pipelineName and schema_name = :schemaName and version_hash = :versionHash';
const versionColumns = `workspace_id as "workspaceId", pipeline_name as "pipelineName", schema_name as "schemaName",
  version_hash as "versionHash", version, previous_hashes as "previousHashes", destination_name as "destinationName",
  dataset_name as "datasetName", document, job_run_id as "jobRunId", created_at as "createdAt", last_seen_at as "lastSeenAt"`;

/** The most recently reported document of a schema. */
export interface LatestDocumentRecord {
  pipelineName: string;
  schemaName: string;
  versionHash: string;
  version: number | null;
  document: unknown;
}

export type SchemaVersionStore = ReturnType<typeof createSchemaVersionStore>;

/** Stores schema versions as reported by pipelines, each once, with its document. */
export function createSchemaVersionStore(sql: Queryable) {
  return {
    /**
     * Records that a version was reported again.
     * @returns whether names in its document are masked; null if there is no such version
     */
    touch: async (key: SchemaVersionKey): Promise<{ isMasked: boolean } | null> => {
      const [found] = await sql.prepared<{ isMasked: boolean }>(
        named(
          `update schema_versions set last_seen_at = now() where ${isVersion}
           returning strpos(document::text, '${MASK}') > 0 as "isMasked"`,
          key,
        ),
      );
      return found ?? null;
    },

    /**
     * Replaces the names and the document of a version.
     * @returns whether it was another one
     */
    replace: async (version: NewSchemaVersion): Promise<boolean> =>
      (await sql.execute(
        named(
          `update schema_versions
              set document = :document, destination_name = coalesce(:destinationName, destination_name),
                  dataset_name = coalesce(:datasetName, dataset_name)
            where ${isVersion} and document::text <> :document::json::text`,
          { ...version, document: JSON.stringify(version.document) },
        ),
      )) > 0,

    /**
     * Inserts a version, which is compared in the same transaction.
     * @returns false if another transaction has just stored it
     */
    insert: async (version: NewSchemaVersion): Promise<boolean> =>
      (await sql.execute(
        named(
          `insert into schema_versions (workspace_id, pipeline_name, schema_name, version_hash, version, previous_hashes,
                  destination_name, dataset_name, document, job_run_id, is_compared)
           values (:workspaceId, :pipelineName, :schemaName, :versionHash, :version, :previousHashes, :destinationName,
                   :datasetName,
                   :document, :jobRunId, true)
           on conflict do nothing`,
          { ...version, document: JSON.stringify(version.document) },
        ),
      )) > 0,

    get: (key: SchemaVersionKey) =>
      sql.maybeOne<SchemaVersionRecord>(
        named(`select ${versionColumns} from schema_versions where ${isVersion}`, key),
      ),

    /** Returns a hash of the document, which changes when names in it are masked or shown again. */
    hashDocument: async (key: SchemaVersionKey): Promise<string | null> =>
      (
        await sql.maybeOne<{ hash: string }>(
          named(`select md5(document::text) as hash from schema_versions where ${isVersion}`, key),
        )
      )?.hash ?? null,

    /**
     * Finds the base of a version: the newest of its previous hashes, otherwise the most recently reported
     * version before it.
     */
    findBase: (version: Pick<NewSchemaVersion, 'previousHashes'> & SchemaVersionKey) =>
      sql.maybeOne<{ versionHash: string; document: unknown }>(
        named(
          `with this as (select created_at from schema_versions where ${isVersion}),
           named as (
             select version_hash from schema_versions
              where workspace_id = :workspaceId and pipeline_name = :pipelineName and schema_name = :schemaName
                and version_hash = any(:previousHashes) and version_hash <> :versionHash
              order by array_position(:previousHashes, version_hash) limit 1
           ), before as (
             select version_hash from schema_versions
              where workspace_id = :workspaceId and pipeline_name = :pipelineName and schema_name = :schemaName
                and (created_at, version_hash) < ((select created_at from this), :versionHash) and not exists (select 1 from named)
              order by last_seen_at desc limit 1
           )
           select version_hash as "versionHash", document from schema_versions
            where workspace_id = :workspaceId and pipeline_name = :pipelineName and schema_name = :schemaName
              and version_hash = (select version_hash from named union all select version_hash from before)`,
          version,
        ),
      ),

    /** Lists the schemas of a pipeline by name, at most 200, each with its most recently reported version. */
    listLatest: (workspaceId: string, pipelineName: string) =>
      sql.query<LatestSchemaRecord>(
        // One index probe for each name, however many versions it has.
        named(
          `with recursive names as (
             (select schema_name from schema_versions
               where workspace_id = :workspaceId and pipeline_name = :pipelineName order by schema_name limit 1)
             union all
             select (select schema_name from schema_versions
                      where workspace_id = :workspaceId and pipeline_name = :pipelineName and schema_name > names.schema_name
                      order by schema_name limit 1)
               from names where names.schema_name is not null
           )
           select latest.*, (select count(*)::int from (
                    select 1 from schema_versions
                     where workspace_id = :workspaceId and pipeline_name = :pipelineName
                       and schema_name = latest."schemaName" limit ${maxCounted}) as counted
                  ) as "versionCount"
             from (select schema_name from names where schema_name is not null limit ${maxSchemasOfPipeline}) as names
            cross join lateral (
              select schema_name as "schemaName", version_hash as "versionHash", last_seen_at as "lastSeenAt" from schema_versions
               where workspace_id = :workspaceId and pipeline_name = :pipelineName and schema_name = names.schema_name
               order by last_seen_at desc limit 1
            ) as latest order by latest."schemaName"`,
          { workspaceId, pipelineName },
        ),
      ),

    /** Lists the most recently reported documents of schemas. */
    listLatestDocuments: (workspaceId: string, schemas: readonly Omit<SchemaKey, 'workspaceId'>[]) =>
      sql.query<LatestDocumentRecord>(
        named(
          `select asked.pipeline_name as "pipelineName", asked.schema_name as "schemaName",
                  latest.version_hash as "versionHash", latest.version, latest.document
             from unnest(:pipelineNames::text[], :schemaNames::text[]) with ordinality as asked (pipeline_name, schema_name, place)
            cross join lateral (
              select version_hash, version, document from schema_versions
               where workspace_id = :workspaceId and pipeline_name = asked.pipeline_name and schema_name = asked.schema_name
               order by last_seen_at desc limit 1
            ) as latest order by asked.place`,
          {
            workspaceId,
            pipelineNames: schemas.map(({ pipelineName }) => pipelineName),
            schemaNames: schemas.map(({ schemaName }) => schemaName),
          },
        ),
      ),

    /** Returns the hash of the most recently reported version. */
    findLatestHash: async ({ workspaceId, pipelineName, schemaName }: SchemaKey): Promise<string | null> =>
      (
        await sql.maybeOne<{ versionHash: string }>(
          named(
            `select version_hash as "versionHash" from schema_versions
              where workspace_id = :workspaceId and pipeline_name = :pipelineName and schema_name = :schemaName
                order by last_seen_at desc limit 1`,
            { workspaceId, pipelineName, schemaName },
          ),
        )
      )?.versionHash ?? null,

    /**
     * Locks the oldest version without a comparison that is not in `except`; other servers skip it. Older
     * servers store such versions, as all did before the history existed.
     */
    lockUncompared: (except: readonly SchemaVersionKey[]) =>
      sql.maybeOne<SchemaVersionRecord>(
        named(
          `select ${versionColumns} from schema_versions
            where not is_compared
              and not exists (select 1 from json_to_recordset(:except) as passed ("workspaceId" uuid, "pipelineName" text,
                                                                           "schemaName" text, "versionHash" text)
                               where passed."workspaceId" = workspace_id and passed."pipelineName" = pipeline_name
                                 and passed."schemaName" = schema_name and passed."versionHash" = version_hash)
            order by created_at limit 1 for update skip locked`,
          { except: JSON.stringify(except) },
        ),
      ),

    markCompared: (key: SchemaVersionKey) =>
      sql.execute(named(`update schema_versions set is_compared = true where ${isVersion}`, key)),
  };
}
