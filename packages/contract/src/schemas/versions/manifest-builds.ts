import { z } from 'zod';
import { runStatus } from '../runs/job-runs.ts';
import { namedEnum, openEnum, requestObject, responseObject, uuid, verbatimObject } from '../primitives.ts';

/** Maximum length of a module's name. */
export const maximumModuleName = 300;

/** A dotted name, or a path: part of it becomes the name that Python imports. */
const moduleName = z
  .string()
  .min(1)
  .max(maximumModuleName)
  .regex(
    /^[\p{L}\p{N}_][\p{L}\p{N}_-]*(?:[./][\p{L}\p{N}_][\p{L}\p{N}_-]*)*$/u,
    'must be the name of a module, such as "jobs.orders", or the path of a Python file, such as "jobs/orders.py"',
  );

export const buildManifestRequest = requestObject('BuildManifestRequest', {
  /** The module to import: a dotted name, or the path of a Python file in the deployment. */
  module: moduleName.default('__deployment__'),
  /** Only the names in `__all__` of the module; `false` examines all its names, as for a single script. */
  use_all: z.boolean().default(true),
  /** Builds again although a completed build exists, for example after a change of variables. */
  rebuild: z.boolean().default(false),
});
export type BuildManifestRequest = z.output<typeof buildManifestRequest>;

export const buildManifestResponse = responseObject('BuildManifestResponse', {
  /** The run that builds it. Its log, end and cancellation are those of any run. */
  job_run_id: uuid,
});
export type BuildManifestResponse = z.output<typeof buildManifestResponse>;

/** The manifest as dlt's `_manifest_worker` prints it. Unknown properties are kept. */
export const jobsDeploymentManifest = verbatimObject('TJobsDeploymentManifest', {
  engine_version: z.int(),
  deployment_module: z.string(),
  /** Definitions for `deploy_workspace`, which the server has checked as a deploy does. */
  jobs: z.array(z.record(z.string(), z.unknown())),
  created_at: z.string().optional(),
  description: z.string().optional(),
  tags: z.array(z.string()).optional(),
});
export type JobsDeploymentManifest = z.output<typeof jobsDeploymentManifest>;

/**
 * Why there is no manifest. `manifest_failed`: importing the module or dlt's checks of the jobs raised an exception;
 * `manifest_invalid`: the run ended with something that is not a manifest; `manifest_run_failed`: the run ended before
 * the code had a result (its environment, a timeout, out of memory); `manifest_cancelled`: the run was cancelled.
 */
export const manifestErrorCode = namedEnum('ManifestErrorCode', [
  'manifest_cancelled',
  'manifest_failed',
  'manifest_invalid',
  'manifest_run_failed',
]);
export type ManifestErrorCode = z.output<typeof manifestErrorCode>;

/** It contains output of user code: display it as text, never as markup. */
export const manifestBuildError = responseObject('ManifestBuildErrorResponse', {
  code: openEnum(manifestErrorCode),
  /** The class of the exception without its module, otherwise the failure code of the run. */
  type: z.string(),
  message: z.string(),
  /** The frames in the user's own code, in Python's format with paths in the workspace; null if there are none. */
  traceback: z.string().nullable(),
  next_step: z.string(),
});
export type ManifestBuildError = z.output<typeof manifestBuildError>;

/** `running` until the run has ended; then either `manifest` and `warnings`, or `error`. */
export const manifestBuildResponse = responseObject('ManifestBuildResponse', {
  job_run_id: uuid,
  status: namedEnum('ManifestBuildStatus', ['running', 'completed', 'failed']),
  run_status: openEnum(runStatus),
  /** What a run that has not started waits for; null if it waits for nothing that takes time. */
  wait_reason: z.string().nullable(),
  manifest: jobsDeploymentManifest.optional(),
  /** What dlt warned of, such as names in `__all__` that are no jobs. */
  warnings: z.array(z.string()).optional(),
  error: manifestBuildError.optional(),
});
export type ManifestBuildResponse = z.output<typeof manifestBuildResponse>;
