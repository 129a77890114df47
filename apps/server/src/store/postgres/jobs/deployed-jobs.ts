import { manifestBuildJobRef } from '../../../domain/jobs/manifest-build.ts';

/** Condition of statements for users: excludes the jobs that the server creates for itself. */
export const isDeployedJob = `jobs.job_ref <> '${manifestBuildJobRef}'`;
