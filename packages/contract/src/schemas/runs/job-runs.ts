import { z } from 'zod';
import { runStates } from '../../run-state.ts';
import { jobCategory } from '../jobs/job-definition.ts';
import { jobResponse, jobVersionResponse } from '../jobs/jobs.ts';
import { pipelineRunSummaryResponse } from '../pipelines/pipeline-runs.ts';
import { namedEnum, openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';
import { bulkItemFailure } from '../versions/receipts.ts';

export const runStatus = namedEnum('RunStatus', runStates);
export type RunStatus = z.output<typeof runStatus>;

export const runMode = namedEnum('RunMode', ['always', 'when_not_running']);
export type RunMode = z.output<typeof runMode>;

export const jobRunResponse = responseObject('JobRunResponse', {
  configuration_id: uuid,
  created_at: timestamp,
  deployment_id: uuid,
  duration_seconds: z.number().nullable(),
  finished_at: timestamp.nullable(),
  id: uuid,
  job_version_id: uuid,
  logs_url: z.string().nullable(),
  number: z.int(),
  profile: z.string(),
  started_at: timestamp.nullable(),
  status: openEnum(runStatus),
  trigger: z.string(),
  triggered_by: uuid.nullable(),
  updated_at: timestamp,
  workspace_id: uuid,
  interval_end: timestamp.nullish(),
  interval_start: timestamp.nullish(),
  pipeline_run_summaries: z.array(pipelineRunSummaryResponse).optional(),
  previous_job_run_id: uuid.nullish(),
});
export type JobRunResponse = z.output<typeof jobRunResponse>;

export const recentJobRunResponse = responseObject('RecentJobRunResponse', {
  id: uuid,
  status: openEnum(runStatus),
  duration_seconds: z.number().nullish(),
  rows_loaded: z.int().nullish(),
  started_at: timestamp.nullish(),
});
export type RecentJobRunResponse = z.output<typeof recentJobRunResponse>;

export const downstreamJobRunResponse = responseObject('DownstreamJobRunResponse', {
  id: uuid,
  job_id: uuid,
  job_ref: z.string(),
  name: z.string(),
  number: z.int(),
  status: openEnum(runStatus),
  trigger: z.string(),
  category: jobCategory.nullish(),
  duration_seconds: z.number().nullish(),
  started_at: timestamp.nullish(),
});
export type DownstreamJobRunResponse = z.output<typeof downstreamJobRunResponse>;

export const detailedJobRunResponse = responseObject('DetailedJobRunResponse', {
  ...jobRunResponse.shape,
  job: jobResponse,
  job_version: jobVersionResponse,
  downstream_job_runs: z.array(downstreamJobRunResponse).nullish(),
});
export type DetailedJobRunResponse = z.output<typeof detailedJobRunResponse>;

export const createJobRunRequest = requestObject('CreateJobRunRequest', {
  job_id: uuid,
  trigger: z.string(),
  mode: runMode.optional(),
  profile: z.string().nullish(),
  refresh: z.boolean().default(false),
  skip_freshness: z.boolean().default(false),
});
export type CreateJobRunRequest = z.output<typeof createJobRunRequest>;

export const cancelJobRunsRequest = requestObject('CancelJobRunsRequest', {
  job_run_ids: z.array(uuid),
  dry_run: z.boolean().default(false),
});
export type CancelJobRunsRequest = z.output<typeof cancelJobRunsRequest>;

export const cancelledJobRun = responseObject('CancelledJobRun', {
  job_ref: z.string(),
  job_run_id: uuid,
  job_run_number: z.int(),
  previous_status: openEnum(runStatus),
});
export type CancelledJobRun = z.output<typeof cancelledJobRun>;

export const cancelJobRunsResponse = responseObject('CancelJobRunsResponse', {
  failed: z.array(bulkItemFailure),
  skipped: z.array(cancelledJobRun),
  succeeded: z.array(cancelledJobRun),
});
export type CancelJobRunsResponse = z.output<typeof cancelJobRunsResponse>;
