import type { Handlers } from '../handler.ts';
import type { PipelineRunFilter } from '../../store/records.ts';
import type { ReadTelemetry } from '../../services/telemetry/read-telemetry.ts';
import type { RouteQuery, RouteResponseInput } from '@pumphouse/contract';
import { readPaging, toPage } from '../serializers/pages.ts';
import { readWindow } from '../../services/paging/read-page.ts';
import {
  toDetailedPipelineRun,
  toJobResult,
  toJobResultTrace,
  toPipelineRun,
  toPipelineRunTrace,
  toWatermark,
} from '../../telemetry/serializers.ts';
import { toInstantOrNull } from '../serializers/instants.ts';
import {
  toPipelineRunHead,
  toStoredJobResult,
  toStoredPipelineRun,
} from '../pipelines/pipeline-runs-serializers.ts';

type Operations =
  | 'list_pipeline_runs'
  | 'get_pipeline_run'
  | 'get_pipeline_run_trace'
  | 'get_job_run_result'
  | 'get_job_run_result_trace'
  | 'get_workspace_watermark';

export function createTelemetryHandlers(services: {
  readTelemetry: ReadTelemetry;
}): Pick<Handlers, Operations> {
  const { readTelemetry } = services;
  return {
    async list_pipeline_runs({ params, query }) {
      const page = await readTelemetry.listPipelineRuns(
        params.workspace_id,
        toFilter(query),
        readPaging(query, `list_pipeline_runs ${params.workspace_id}`),
      );
      return toPage(page, query, (run) => toPipelineRun(toPipelineRunHead(run)));
    },

    get_pipeline_run: async ({ params }) =>
      toDetailedPipelineRun(
        toStoredPipelineRun(await readTelemetry.getPipelineRun(params.workspace_id, params.pipeline_run_id)),
      ),

    async get_pipeline_run_trace({ params }) {
      const { run, body } = await readTelemetry.getTrace(params.workspace_id, params.pipeline_run_id);
      return toPipelineRunTrace(body, run.facts);
    },

    get_job_run_result: async ({ params }) =>
      toJobResult(toStoredJobResult(await readTelemetry.getResult(params.workspace_id, params.job_run_id))),

    async get_job_run_result_trace({ params }) {
      const { document } = await readTelemetry.getResult(params.workspace_id, params.job_run_id);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a stored result always has `type` and `job_ref`
      return toJobResultTrace(document) as RouteResponseInput<'get_job_run_result_trace'>;
    },

    get_workspace_watermark: async ({ params }) =>
      toWatermark(toInstantOrNull(await readTelemetry.watermark(params.workspace_id))),
  };
}

function toFilter(query: RouteQuery<'list_pipeline_runs'>): PipelineRunFilter {
  return {
    ...readWindow(query),
    search: query.q ?? null,
    jobRunIds: query.job_run_id ?? null,
    pipelineNames: query.pipeline_name ?? null,
    statuses: query.status ?? null,
    datasetNames: query.dataset_name ?? null,
    destinationNames: query.destination_name ?? null,
    isEmptyRun: query.is_empty_run ?? null,
  };
}
