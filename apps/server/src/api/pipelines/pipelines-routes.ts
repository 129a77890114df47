import type { Handlers } from '../handler.ts';
import type { ReadFreshness } from '../../services/pipelines/read-freshness.ts';
import type { ReadPipelines } from '../../services/pipelines/read-pipelines.ts';
import type { ReadRunPipelines } from '../../services/pipelines/read-run-pipelines.ts';
import type { ReadTable } from '../../services/pipelines/read-table.ts';
import { readPaging, toPage } from '../serializers/pages.ts';
import {
  toDatasetFreshnessRow,
  toDatasetOverview,
  toFreshnessRow,
  toPipelineOverview,
  toPipelineResult,
  toPipelineRunFailures,
  toPipelineRunOfJobRun,
  toRepeatedLoad,
} from './pipelines-serializers.ts';
import { toTableOverview } from './tables-serializers.ts';

type Operations =
  | 'list_pipeline_freshness'
  | 'list_dataset_freshness'
  | 'get_pipeline_overview'
  | 'get_dataset_overview'
  | 'get_table_overview'
  | 'list_pipeline_run_failures'
  | 'list_job_run_pipeline_runs';

export function createPipelineHandlers(services: {
  readFreshness: ReadFreshness;
  readPipelines: ReadPipelines;
  readRunPipelines: ReadRunPipelines;
  readTable: ReadTable;
}): Pick<Handlers, Operations> {
  const { readFreshness, readPipelines, readRunPipelines, readTable } = services;
  return {
    async list_pipeline_freshness({ params, query }) {
      const paging = readPaging(query, `list_pipeline_freshness ${params.workspace_id}`);
      const filter = { isStale: query.is_stale ?? null };
      return toPage(
        await readFreshness.listPipelines(params.workspace_id, filter, paging),
        query,
        toFreshnessRow,
      );
    },

    async list_dataset_freshness({ params, query }) {
      const paging = readPaging(query, `list_dataset_freshness ${params.workspace_id}`);
      return toPage(
        await readFreshness.listDatasets(params.workspace_id, paging),
        query,
        toDatasetFreshnessRow,
      );
    },

    get_pipeline_overview: async ({ params }) =>
      toPipelineOverview(await readPipelines.getPipeline(params.workspace_id, params.pipeline_name)),

    get_dataset_overview: async ({ params }) =>
      toDatasetOverview(await readPipelines.getDataset(params.workspace_id, params.dataset_name)),

    get_table_overview: async ({ params }) =>
      toTableOverview(
        await readTable({
          workspaceId: params.workspace_id,
          datasetName: params.dataset_name,
          tableName: params.table_name,
        }),
      ),

    async list_pipeline_run_failures({ params, query }) {
      const runs = await readPipelines.listFailures(params.workspace_id, query.pipeline_run_id ?? []);
      return { items: toPipelineRunFailures(runs) };
    },

    async list_job_run_pipeline_runs({ params }) {
      const { pipelineRuns, results, repeatedLoads, isCut } = await readRunPipelines(
        params.workspace_id,
        params.job_run_id,
      );
      return {
        pipeline_runs: pipelineRuns.map(toPipelineRunOfJobRun),
        pipeline_results: results.map(toPipelineResult),
        repeated_loads: repeatedLoads.map(toRepeatedLoad),
        is_cut: isCut,
      };
    },
  };
}
