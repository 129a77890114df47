import type { JobDefinition, JobType } from './job-definition.ts';

/** Builds a complete definition for a test, which sets only the keys it is about. */
export function buildDefinition({
  jobType = 'batch',
  ...keys
}: Partial<JobDefinition> & { jobType?: JobType } = {}): JobDefinition {
  return {
    engine_version: 2,
    job_ref: 'jobs.m.f',
    entry_point: { module: 'm', function: 'f', job_type: jobType, launcher: 'dlt.launchers.job' },
    triggers: [],
    execute: {},
    ...keys,
  };
}
