import type { Handlers } from '../handler.ts';
import type { ReadSchemas } from '../../services/pipelines/read-schemas.ts';
import { maximumComparedSchemaChanges } from '@pumphouse/contract';
import { readPaging, toPage } from '../serializers/pages.ts';
import { toPipelineSchema, toSchemaChanges, toSchemaVersion } from './schemas-serializers.ts';

type Operations =
  | 'list_schema_changes'
  | 'list_pipeline_schemas'
  | 'list_schema_versions'
  | 'get_schema_version'
  | 'compare_schema_versions';

export function createSchemaHandlers({
  readSchemas,
}: {
  readSchemas: ReadSchemas;
}): Pick<Handlers, Operations> {
  return {
    async list_schema_changes({ params, query }) {
      const filter = {
        pipelineNames: query.pipeline_name ?? null,
        datasetNames: query.dataset_name ?? null,
        schemaNames: query.schema_name ?? null,
        jobRunIds: query.job_run_id ?? null,
        jobIds: query.job_id ?? null,
      };
      const paging = readPaging(query, `list_schema_changes ${params.workspace_id}`);
      return toPage(
        await readSchemas.listChanges(params.workspace_id, filter, paging),
        query,
        toSchemaChanges,
      );
    },

    async list_pipeline_schemas({ params }) {
      const schemas = await readSchemas.listSchemas(params.workspace_id, params.pipeline_name);
      return { pipeline_name: params.pipeline_name, schemas: schemas.map(toPipelineSchema) };
    },

    async list_schema_versions({ params, query }) {
      const key = toSchemaKey(params);
      const paging = readPaging(query, `list_schema_versions ${JSON.stringify(key)}`);
      return toPage(await readSchemas.listVersions(key, paging), query, toSchemaChanges);
    },

    get_schema_version: async ({ params }) =>
      toSchemaVersion(
        await readSchemas.getVersion({ ...toSchemaKey(params), versionHash: params.version_hash }),
      ),

    async compare_schema_versions({ params, query }) {
      const key = { ...toSchemaKey(params), versionHash: params.version_hash };
      const { baseHash, difference } = await readSchemas.compare(key, query.base_hash ?? null);
      return {
        pipeline_name: params.pipeline_name,
        schema_name: params.schema_name,
        version_hash: params.version_hash,
        base_hash: baseHash,
        counts: difference.counts,
        changes: difference.changes.slice(0, maximumComparedSchemaChanges),
        changes_total: difference.changes.length,
      };
    },
  };
}

function toSchemaKey(params: { workspace_id: string; pipeline_name: string; schema_name: string }) {
  return {
    workspaceId: params.workspace_id,
    pipelineName: params.pipeline_name,
    schemaName: params.schema_name,
  };
}
