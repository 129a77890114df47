import { z } from 'zod';
import { responseObject, timestamp, uuid, verbatimObject } from '../primitives.ts';

export const jobResultResponse = responseObject('JobResultResponse', {
  created_at: timestamp,
  engine_version: z.int(),
  id: uuid,
  job_ref: z.string(),
  job_run_id: uuid,
  result_type: z.string(),
  updated_at: timestamp,
  agent_status: z.string().nullish(),
  cost_usd: z.string().nullish(),
  input_tokens: z.int().nullish(),
  loop_type: z.string().nullish(),
  model: z.string().nullish(),
  output_tokens: z.int().nullish(),
  result: z.unknown().optional(),
  stop_reason: z.string().nullish(),
  summary: z.string().nullish(),
  total_tokens: z.int().nullish(),
  turn_count: z.int().nullish(),
});
export type JobResultResponse = z.output<typeof jobResultResponse>;

/** The result, exactly as the job reported it. */
export const jobResultTraceResponse = verbatimObject('JobResultTraceResponse', {
  job_ref: z.string(),
  type: z.string(),
});
export type JobResultTraceResponse = z.output<typeof jobResultTraceResponse>;
