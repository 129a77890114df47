import { z } from 'zod';
import { downstreamJobRunResponse, jobRunResponse, recentJobRunResponse } from '../runs/job-runs.ts';
import { jobResponse, jobVersionResponse } from './jobs.ts';
import { responseObject } from '../primitives.ts';

export const detailedJobResponse = responseObject('DetailedJobResponse', {
  ...jobResponse.shape,
  current_version: jobVersionResponse.nullish(),
  downstream_job_runs: z.array(downstreamJobRunResponse).nullish(),
  latest_job_run: jobRunResponse.nullish(),
  recent_job_runs: z.array(recentJobRunResponse).nullish(),
});
export type DetailedJobResponse = z.output<typeof detailedJobResponse>;
