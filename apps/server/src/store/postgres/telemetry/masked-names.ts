import type { DatasetOfPipeline } from '../../../domain/variables/masked-names.ts';
import type { Queryable } from '../pool.ts';
import { MASK } from '../../../domain/variables/mask-text.ts';
import { named } from '../statements/named.ts';

/** What an attempt reported of a pipeline. */
export interface ReportedPipeline extends DatasetOfPipeline {
  destinationName: string | null;
  destinationType: string | null;
}

/** A schema that was last reported before an attempt, or by it. */
export interface SchemaOfPipeline {
  pipelineName: string;
  schemaName: string;
  isReported: boolean;
}

/** Stored pipeline runs of a job, and the names they get. */
export interface RenamedRuns {
  workspaceId: string;
  jobId: string;
  /** The attempt that reported the names: its own runs have them. */
  attemptId: string;
  masked: DatasetOfPipeline;
  meant: ReportedPipeline;
}

export type MaskedNameStore = ReturnType<typeof createMaskedNameStore>;

/** Finds names that were stored masked, and replaces them in what lists read. */
export function createMaskedNameStore(sql: Queryable) {
  return {
    listReported: (attemptId: string) =>
      sql.prepared<ReportedPipeline>(
        named(
          `select distinct on (1, 2) pipeline_name as "pipelineName", coalesce(dataset_name, '') as "datasetName",
                  destination_name as "destinationName", destination_type as "destinationType"
             from pipeline_runs where attempt_id = :attemptId order by 1, 2, created_at desc`,
          { attemptId },
        ),
      ),

    listMasked: (workspaceId: string, jobId: string) =>
      sql.prepared<DatasetOfPipeline>(
        named(
          `select pipeline_name as "pipelineName", dataset_name as "datasetName" from job_pipelines
            where workspace_id = :workspaceId and job_id = :jobId
              and (strpos(pipeline_name, '${MASK}') > 0 or strpos(dataset_name, '${MASK}') > 0)
            order by 1, 2`,
          { workspaceId, jobId },
        ),
      ),

    /** Lists the schemas of pipelines of which one is masked. */
    listSchemas: (workspaceId: string, pipelineNames: readonly string[], attemptId: string) =>
      sql.query<SchemaOfPipeline>(
        named(
          `select pipeline_name as "pipelineName", schema_name as "schemaName",
                  max(last_seen_at) >= (select created_at from attempts where id = :attemptId) as "isReported"
             from schema_versions as versions
            where workspace_id = :workspaceId and pipeline_name = any(:pipelineNames)
              and exists (select from schema_versions as masked
                           where masked.workspace_id = :workspaceId and masked.pipeline_name = versions.pipeline_name
                             and strpos(masked.schema_name, '${MASK}') > 0)
            group by 1, 2 order by 1, 2`,
          { workspaceId, pipelineNames, attemptId },
        ),
      ),

    /**
     * Renames pipeline runs that other attempts of the job reported, the newest first, and their sums.
     * @param limit more are renamed after the next attempts
     */
    async renameRuns(renamed: RenamedRuns, limit: number): Promise<void> {
      const names = nameAll(renamed);
      const runs = await sql.query<{ id: string; attemptId: string }>(
        named(
          `select pipeline_runs.id, pipeline_runs.attempt_id as "attemptId"
             from pipeline_runs join job_runs on job_runs.id = pipeline_runs.job_run_id
            where pipeline_runs.workspace_id = :workspaceId and ${isMaskedPair} and job_runs.job_id = :jobId
              and pipeline_runs.attempt_id <> :attemptId
            order by pipeline_runs.created_at desc limit :limit`,
          { ...names, limit },
        ),
      );
      const attemptIds = [...new Set(runs.map((run) => run.attemptId))];
      const { id: lastEvent } = await sql.one<{ id: string }>(
        named('select coalesce(max(id), 0)::text as id from alert_events', {}),
      );
      await sql.execute(
        named(
          `update pipeline_results as results set pipeline_name = :pipelineName
            where attempt_id = any(:attemptIds) and pipeline_name = :maskedPipeline
              and not exists (select from pipeline_results as others
                               where others.attempt_id = results.attempt_id and others.pipeline_name = :pipelineName)`,
          { ...names, attemptIds },
        ),
      );
      await sql.execute(
        named(
          `update pipeline_runs
              set pipeline_name = :pipelineName, dataset_name = nullif(:datasetName, ''),
                  destination_name = ${unmask('destination_name', ':destinationName')},
                  destination_type = ${unmask('destination_type', ':destinationType')},
                  facts = (facts::jsonb || jsonb_build_object(
                    'pipelineName', :pipelineName::text, 'datasetName', nullif(:datasetName::text, ''),
                    'destinationName', ${unmask('destination_name', ':destinationName')},
                    'destinationType', ${unmask('destination_type', ':destinationType')}))::json
            where id = any(:ids)`,
          { ...names, ids: runs.map(({ id }) => id) },
        ),
      );
      await sql.execute(
        named(
          `delete from pipeline_results as results
            where attempt_id = any(:attemptIds) and pipeline_name = :maskedPipeline and :maskedPipeline <> :pipelineName
              and not exists (select from pipeline_runs where pipeline_runs.attempt_id = results.attempt_id
                                 and pipeline_runs.pipeline_name = :maskedPipeline)`,
          { ...names, attemptIds },
        ),
      );
      // Triggers have announced these attempts again. Rules have judged them when they were closed.
      await sql.execute(
        named(
          `delete from alert_events where id > :lastEvent::bigint and kind = 'attempt-closed' and subject_id = any(:attemptIds)`,
          { lastEvent, attemptIds },
        ),
      );
      await sql.execute(
        named(
          `delete from job_pipelines
            where workspace_id = :workspaceId and job_id = :jobId
              and pipeline_name = :maskedPipeline and dataset_name = :maskedDataset
              and not exists (select from pipeline_runs join job_runs on job_runs.id = pipeline_runs.job_run_id
                               where pipeline_runs.workspace_id = :workspaceId and ${isMaskedPair}
                                 and job_runs.job_id = :jobId)`,
          names,
        ),
      );
    },

    /** Renames the schemas of a pipeline and dataset that no job has under the masked name any more. */
    async renameTarget(renamed: RenamedRuns): Promise<void> {
      const names = nameAll(renamed);
      const rest = await sql.one<{ hasPipeline: boolean; hasPair: boolean }>(
        named(
          `select coalesce(bool_or(true), false) as "hasPipeline",
                  coalesce(bool_or(dataset_name = :maskedDataset), false) as "hasPair"
             from job_pipelines where workspace_id = :workspaceId and pipeline_name = :maskedPipeline`,
          names,
        ),
      );
      if (rest.hasPair) return;
      await sql.execute(
        named(
          `delete from dataset_schemas
            where workspace_id = :workspaceId and dataset_name = :maskedDataset and pipeline_name = :maskedPipeline`,
          names,
        ),
      );
      for (const table of ['schema_versions', 'schema_changes'] as const)
        await sql.execute(
          named(
            `update ${table} set dataset_name = :datasetName
              where workspace_id = :workspaceId and pipeline_name = :maskedPipeline and dataset_name = :maskedDataset`,
            names,
          ),
        );
      if (rest.hasPipeline || names.maskedPipeline === names.pipelineName) return;
      await moveSchemas(sql, {
        workspaceId: names.workspaceId,
        from: { pipelineName: names.maskedPipeline, schemaName: null },
        to: { pipelineName: names.pipelineName, schemaName: null },
      });
    },

    /** Renames a schema of a pipeline. */
    async renameSchema(
      workspaceId: string,
      { pipelineName, schemaName }: Omit<SchemaOfPipeline, 'isReported'>,
      meant: string,
    ): Promise<void> {
      await moveSchemas(sql, {
        workspaceId,
        from: { pipelineName, schemaName },
        to: { pipelineName, schemaName: meant },
      });
      await sql.execute(
        named(
          `delete from dataset_schemas
            where workspace_id = :workspaceId and pipeline_name = :pipelineName and schema_name = :schemaName`,
          { workspaceId, pipelineName, schemaName },
        ),
      );
    },
  };
}

const isMaskedPair =
  `pipeline_runs.pipeline_name = :maskedPipeline and coalesce(pipeline_runs.dataset_name, '') = :maskedDataset` as const;

const unmask = <Column extends string, Meant extends string>(column: Column, meant: Meant) =>
  `case when strpos(${column}, '${MASK}') > 0 then coalesce(${meant}::text, ${column}) else ${column} end` as const;

const nameAll = ({ masked, meant, ...scope }: RenamedRuns) => ({
  ...scope,
  ...meant,
  maskedPipeline: masked.pipelineName,
  maskedDataset: masked.datasetName,
});

interface SchemaMove {
  workspaceId: string;
  /** A schema, or all of the pipeline. */
  from: { pipelineName: string; schemaName: string | null };
  to: { pipelineName: string; schemaName: string | null };
}

/** Moves the versions of schemas and their changes. A version that has been reported under its name replaces the masked one. */
async function moveSchemas(sql: Queryable, { workspaceId, from, to }: SchemaMove): Promise<void> {
  const isMoved = `workspace_id = :workspaceId and pipeline_name = :fromPipeline
    and (:fromSchema::text is null or schema_name = :fromSchema)` as const;
  await sql.execute(
    named(
      `with moved as (
         update schema_versions as masked
            set pipeline_name = :toPipeline, schema_name = coalesce(:toSchema::text, schema_name)
          where ${isMoved}
            and not exists (select from schema_versions as reported
                             where reported.workspace_id = :workspaceId and reported.pipeline_name = :toPipeline
                               and reported.schema_name = coalesce(:toSchema::text, masked.schema_name)
                               and reported.version_hash = masked.version_hash)
         returning version_hash),
       changed as (
         update schema_changes
            set pipeline_name = :toPipeline, schema_name = coalesce(:toSchema::text, schema_name)
          where ${isMoved} and version_hash in (select version_hash from moved)),
       replaced as (
         delete from schema_changes where ${isMoved} and version_hash not in (select version_hash from moved))
       delete from schema_versions where ${isMoved} and version_hash not in (select version_hash from moved)`,
      {
        workspaceId,
        fromPipeline: from.pipelineName,
        fromSchema: from.schemaName,
        toPipeline: to.pipelineName,
        toSchema: to.schemaName,
      },
    ),
  );
}
