import { z } from 'zod';
import { jobDefinition, jobType } from './job-definition.ts';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';

export const runProvider = namedEnum('RunProvider', ['local', 'modal', 'tower']);
export type RunProvider = z.output<typeof runProvider>;

export const instanceSize = namedEnum('InstanceSize', ['large', 'medium', 'small', 'xlarge']);
export type InstanceSize = z.output<typeof instanceSize>;

export const jobVersionResponse = responseObject('JobVersionResponse', {
  created_at: timestamp,
  created_by: uuid,
  id: uuid,
  job_definition: jobDefinition,
  job_definition_engine_version: z.int(),
  job_definition_hash: z.string(),
  job_id: uuid,
  job_ref: z.string(),
  job_type: openEnum(jobType),
  max_run_time_seconds: z.int(),
  profile: z.string(),
  provider: openEnum(runProvider),
  updated_at: timestamp,
  version: z.int(),
  default_trigger: z.string().nullish(),
  deployment_module: z.string().nullish(),
  description: z.string().nullish(),
  freshness: z.array(z.string()).nullish(),
  instance_size: instanceSize.nullish(),
  interval_end: timestamp.nullish(),
  interval_start: timestamp.nullish(),
  memory_mib: z.int().nullish(),
  name: z.string().nullish(),
  pipeline_name: z.string().nullish(),
  triggers: z.array(z.string()).nullish(),
  vcpu: z.number().nullish(),
});
export type JobVersionResponse = z.output<typeof jobVersionResponse>;

export const jobResponse = responseObject('JobResponse', {
  created_at: timestamp,
  created_by: uuid,
  id: uuid,
  job_definition: jobDefinition,
  job_definition_engine_version: z.int(),
  job_definition_hash: z.string(),
  job_ref: z.string(),
  job_type: openEnum(jobType),
  job_url: z.string().nullable(),
  profile: z.string(),
  public_url: z.string().nullable(),
  updated_at: timestamp,
  version: z.int(),
  workspace_id: uuid,
  default_trigger: z.string().nullish(),
  deployment_module: z.string().nullish(),
  description: z.string().nullish(),
  freshness: z.array(z.string()).nullish(),
  interval_end: timestamp.nullish(),
  interval_start: timestamp.nullish(),
  is_archived: z.boolean().default(false),
  is_paused: z.boolean().default(false),
  name: z.string().nullish(),
  next_scheduled_run_at: timestamp.nullish(),
  pipeline_name: z.string().nullish(),
  public_secret: uuid.nullish(),
  triggers: z.array(z.string()).nullish(),
});
export type JobResponse = z.output<typeof jobResponse>;
