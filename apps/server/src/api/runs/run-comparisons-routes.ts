import type { CompareRunLogs } from '../../services/runs/compare-run-logs.ts';
import type { CompareRuns, RunPair } from '../../services/runs/compare-runs.ts';
import type { Handlers } from '../handler.ts';
import type { ReadRunChanges } from '../../services/runs/read-run-changes.ts';
import type { RouteParams, RouteQuery } from '@pumphouse/contract';
import { toJobRunChanges } from './run-changes-serializers.ts';
import { toJobRunComparison, toJobRunLogComparison } from './run-comparisons-serializers.ts';

export function createRunComparisonHandlers(services: {
  compareRuns: CompareRuns;
  compareRunLogs: CompareRunLogs;
  readRunChanges: ReadRunChanges;
}): Pick<Handlers, 'compare_job_runs' | 'compare_job_run_logs' | 'get_job_run_changes'> {
  return {
    compare_job_runs: async ({ params, query }) =>
      toJobRunComparison(await services.compareRuns(toPair(params, query))),
    get_job_run_changes: async ({ params, query }) =>
      toJobRunChanges(await services.readRunChanges(toPair(params, query))),
    compare_job_run_logs: async ({ params, query }) =>
      toJobRunLogComparison(await services.compareRunLogs(toPair(params, query))),
  };
}

function toPair(params: RouteParams<'compare_job_runs'>, query: RouteQuery<'compare_job_runs'>): RunPair {
  return {
    workspaceId: params.workspace_id,
    targetId: params.job_run_id,
    baseId: query.base_id ?? null,
  };
}
