import type { PipelineRunOfJobRun, PipelineRunTableResponse } from '@pumphouse/contract';

/** User tables without dlt's internal tables, which load on every run. */
export function ownTables(run: Pick<PipelineRunOfJobRun, 'tables'>): PipelineRunTableResponse[] {
  return (run.tables ?? []).filter(({ table_name: name }) => !name.startsWith('_dlt'));
}

/** Whether the load of a table failed. */
export const isTableFailed = (table: PipelineRunTableResponse) => table.load_job_state === 'failed';

/** Number of tables that were loaded and that failed. */
export function countTables(run: Pick<PipelineRunOfJobRun, 'tables'>): { loaded: number; failed: number } {
  const tables = ownTables(run);
  const failed = tables.filter(isTableFailed).length;
  const loaded = tables.filter((table) => !isTableFailed(table) && table.rows_loaded != null).length;
  return { loaded, failed };
}

export interface StepShare {
  step: string;
  durationMs: number | null;
  /** Fraction of the bar, from 0 to 1. */
  share: number;
  failed: boolean;
}

type Step = PipelineRunOfJobRun['steps'][number];

/** dlt's steps within a pipeline run; `run` covers all of them. */
const ownSteps = ['extract', 'normalize', 'load'];

/** Minimum fraction of a step. */
const minShare = 0.04;

/** Steps of a pipeline run as segments of a bar. Steps that never started are omitted. */
export function shareSteps(steps: readonly Step[]): StepShare[] {
  const own = steps.filter(({ step }) => ownSteps.includes(step));
  const total = own.reduce((sum, step) => sum + (step.duration_ms ?? 0), 0);
  const raised = own.map((step) => Math.max(minShare, total === 0 ? 0 : (step.duration_ms ?? 0) / total));
  const raisedTotal = raised.reduce((sum, each) => sum + each, 0);
  return own.map((step, index) => ({
    step: step.step,
    durationMs: step.duration_ms,
    failed: step.failed,
    share: (raised[index] ?? 0) / raisedTotal,
  }));
}
