import type { PipelineRunHeadRecord } from '../../records.ts';
import type { TextQueryable } from '../pool.ts';
import { addRow } from './set-columns.ts';

interface NewPipelineRun extends Partial<Omit<PipelineRunHeadRecord, 'status'>> {
  workspaceId: string;
  jobRunId: string;
  attemptId: string;
  transactionId: string;
  pipelineName: string;
  status: string;
  facts?: object;
}

/** Adds a pipeline run that no trace describes, and returns its id. */
export function addPipelineRun(sql: Pick<TextQueryable, 'one'>, run: NewPipelineRun): Promise<string> {
  return addRow(sql, 'pipeline_runs', { facts: {}, traceBlobKey: '', ...run });
}

/** Moves the last reports of all pending packages into the past. */
export const agePendingReports = (sql: Pick<TextQueryable, 'execute'>, seconds: number) =>
  sql.execute('update pending_packages set reported_at = reported_at - make_interval(secs => $1)', [seconds]);
