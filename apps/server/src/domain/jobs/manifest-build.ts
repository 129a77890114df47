import type { JobDefinition } from './job-definition.ts';

/** The module that describes a whole workspace. */
export const workspaceModule = '__deployment__';

/**
 * The job of a workspace whose runs build manifests. It is not deployed and no list shows it. The hyphen keeps its
 * ref apart from refs of deployed jobs, whose parts are Python identifiers.
 */
export const manifestBuildJobRef = 'jobs.manifest-build';

/** The launcher of the bootstrap that imports a module and reports its job definitions. */
export const manifestLauncher = 'pumphouse_bootstrap.inside.launch.manifest_launcher';

/** The result type that the launcher reports. */
export const manifestResultType = 'job.manifest-build';

/** Imports of user code take seconds; a slow download of data at import is a mistake in that code. */
const timeoutSeconds = 600;
/** Import has no work to finish, so it is killed soon after the stop request. */
const graceSeconds = 5;

/** The definition of that job. What a run builds is in its input. */
export const manifestBuildDefinition: JobDefinition = {
  engine_version: 2,
  job_ref: manifestBuildJobRef,
  entry_point: {
    module: workspaceModule,
    function: null,
    job_type: 'batch',
    launcher: manifestLauncher,
  },
  triggers: [],
  execute: {
    concurrency: null,
    intercept_signals: false,
    timeout: { timeout: timeoutSeconds, grace_period: graceSeconds },
  },
  description: 'Imports the code of a deployment to list its job definitions',
};

/** What a manifest is built from. */
export interface ManifestRequest {
  /** The dotted name of a module, or the path of a Python file. */
  module: string;
  /** Only names in `__all__` are jobs; otherwise all names of the module are examined. */
  useAll: boolean;
}

/** Serializes a request as the input of the run, which the launcher reads as `run_args.input`. */
export function writeManifestInput({ module, useAll }: ManifestRequest): string {
  return JSON.stringify({ module, use_all: useAll });
}
