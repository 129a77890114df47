import type { JobsDeploymentManifest, ManifestErrorCode } from '@pumphouse/contract';
import { explainMissingPart, jobsDeploymentManifest } from '@pumphouse/contract';
import { z } from 'zod';
import { formatBytes } from '../primitives/format-bytes.ts';
import { manifestResultType } from '../jobs/manifest-build.ts';
import { readJobDefinition } from '../jobs/job-definition-problems.ts';

/** Why there is no manifest. */
export interface ManifestFailure {
  code: ManifestErrorCode;
  type: string;
  message: string;
  traceback: string | null;
  nextStep: string;
}

/** What user code left of a build. */
export type ManifestReading =
  | { kind: 'manifest'; manifest: JobsDeploymentManifest; warnings: string[] }
  /** The launcher reported an exception. */
  | { kind: 'exception'; failure: ManifestFailure }
  /** It is no result of the launcher, or a manifest that no deploy would accept. */
  | { kind: 'invalid'; failure: ManifestFailure };

/** Half of what a request may send; a thousand jobs take about two megabytes. */
export const maxManifestBytes = 8 * 1024 * 1024;
const maxMessageLength = 10_000;

const manifestResult = z.object({
  manifest: jobsDeploymentManifest,
  warnings: z.array(z.string()),
});

/** Bounded by the launcher; a longer text is not from it. */
const exceptionResult = z.object({
  error: z.object({
    type: z.string().max(300),
    message: z.string().max(maxMessageLength + 100),
    traceback: z.string().max(50_000).nullable(),
  }),
});

/**
 * Reads the job result of a build. User code runs in the process that reports it and may report anything, so it is
 * checked as a deploy would check it.
 * @param document undefined if the run reported none
 */
export function readManifestResult(document: Record<string, unknown> | undefined): ManifestReading {
  if (document === undefined || document['type'] !== manifestResultType)
    return invalid(
      'The code ended the process before the manifest was complete, for example with os._exit().',
    );
  const { result } = document;
  const exception = exceptionResult.safeParse(result).data?.error;
  if (exception) return { kind: 'exception', failure: describeException(exception) };
  const sizeBytes = Buffer.byteLength(JSON.stringify(result ?? null));
  if (sizeBytes > maxManifestBytes)
    return invalid(
      `The manifest has ${formatBytes(sizeBytes)}; at most ${formatBytes(maxManifestBytes)} can be deployed.`,
    );
  const parsed = manifestResult.safeParse(result);
  if (!parsed.success) return noManifest(describeIssue(parsed.error.issues[0]));
  const manifest = completeJobs(parsed.data.manifest);
  const problem = findJobProblem(manifest);
  return problem === null
    ? { kind: 'manifest', manifest, warnings: parsed.data.warnings }
    : noManifest(problem);
}

/** Older releases of dlt state the version of the definitions once for all; a deploy reads it from each. */
function completeJobs(manifest: JobsDeploymentManifest): JobsDeploymentManifest {
  const { engine_version } = manifest;
  const jobs = manifest.jobs.map((job) => ('engine_version' in job ? job : { engine_version, ...job }));
  return { ...manifest, jobs };
}

/** Finds the first reason why a deploy would reject a definition; null if there is none. */
function findJobProblem({ jobs }: JobsDeploymentManifest): string | null {
  for (const job of jobs) {
    const reading = readJobDefinition(job);
    if (!reading.ok) return reading.problems[0] ?? '';
  }
  return null;
}

function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  return `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`;
}

function describeException(raised: {
  type: string;
  message: string;
  traceback: string | null;
}): ManifestFailure {
  return { code: 'manifest_failed', ...raised, nextStep: adviseOn(raised) };
}

function adviseOn({ type, message }: { type: string; message: string }): string {
  const missingPart = explainMissingPart(message);
  if (missingPart !== null) return missingPart;
  if (type === 'ModuleNotFoundError') {
    return 'Add the package to the dependencies of the workspace, or to a dependency group other than `dev`; or upload the missing file, which `.gitignore` may exclude. Then build the manifest again.';
  }
  return 'Correct the code, upload it again, and build the manifest of that deployment.';
}

function noManifest(problem: string): ManifestReading {
  return invalid(`It is not a manifest: ${problem}`.slice(0, maxMessageLength));
}

function invalid(message: string): ManifestReading {
  const failure: ManifestFailure = {
    code: 'manifest_invalid',
    type: 'InvalidManifest',
    message,
    traceback: null,
    nextStep: 'Check what the code does while it is imported; the log of the run has its output.',
  };
  return { kind: 'invalid', failure };
}
