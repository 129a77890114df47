import type { JobDefinition, JobType } from './job-definition.ts';

/** A definition for a test, complete but for what the test is about. */
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
