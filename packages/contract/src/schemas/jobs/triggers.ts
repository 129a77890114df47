import { z } from 'zod';
import { jobRunResponse } from '../runs/job-runs.ts';
import { namedEnum, openEnum, requestObject, responseObject, uuid } from '../primitives.ts';
import { bulkItemFailure } from '../versions/receipts.ts';

export const triggerKind = namedEnum('TriggerKind', [
  'every',
  'http',
  'job.fail',
  'job.success',
  'manual',
  'once',
  'schedule',
  'webhook',
]);
export type TriggerKind = z.output<typeof triggerKind>;

export const triggeredJobStatus = namedEnum('TriggeredJobStatusType0', [
  'skipped_already_covered',
  'skipped_concurrency_limit',
  'skipped_fresh',
  'skipped_minutes_limit',
  'skipped_org_concurrency_limit',
  'skipped_out_of_interval',
  'skipped_paused',
  'skipped_trial_expired',
  'skipped_upstream_pending',
  'skipped_workspace_archived',
  'triggered',
]);
export type TriggeredJobStatus = z.output<typeof triggeredJobStatus>;

export const triggeredJob = responseObject('TriggeredJob', {
  job_id: uuid,
  job_ref: z.string(),
  matched_triggers: z.array(z.string()),
  trigger: z.string(),
  job_run: jobRunResponse.nullish(),
  job_run_id: uuid.nullish(),
  reasons: z.array(z.string()).nullish(),
  status: openEnum(triggeredJobStatus).default('triggered'),
});
export type TriggeredJob = z.output<typeof triggeredJob>;

export const triggerJobsRequest = requestObject('TriggerJobsRequest', {
  dry_run: z.boolean().default(false),
  job_ids: z.array(uuid).nullish(),
  profile: z.string().nullish(),
  refresh: z.boolean().default(false),
  selectors: z.array(z.string()).nullish(),
});
export type TriggerJobsRequest = z.output<typeof triggerJobsRequest>;

/** Starts one job, with an input that its function reads as `run_context["run_args"]["input"]`. */
export const startJobRequest = requestObject('StartJobRequest', {
  /** Any JSON value of at most 1 MiB; absent for none. */
  input: z.unknown().optional(),
  profile: z.string().nullish(),
  refresh: z.boolean().default(false),
  /** Starts also if upstream jobs are not fresh. */
  skip_freshness: z.boolean().default(false),
});
export type StartJobRequest = z.output<typeof startJobRequest>;

export const triggerJobsResponse = responseObject('TriggerJobsResponse', {
  failed: z.array(bulkItemFailure),
  skipped: z.array(triggeredJob),
  succeeded: z.array(triggeredJob),
});
export type TriggerJobsResponse = z.output<typeof triggerJobsResponse>;
