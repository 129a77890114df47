import type { ConfigurationRecord, DeploymentRecord, JobRecord, RunWorkspace } from '../../store/records.ts';
import type { ErrorCode } from '@pumphouse/contract';
import type { Store } from '../../store/store.ts';
import { chooseProfile } from '../../domain/jobs/job-definition.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** A job that the call cannot start: unknown, archived, without code to run, or under an invalid profile. */
export interface FailedStart {
  ref: string;
  code: ErrorCode;
  detail: string;
  /** Replaces the reasons in the error of a single start. */
  extra?: object;
}

/** Codes of errors that concern the whole call. */
type RefusalCode = Extract<ErrorCode, 'no_deployment' | 'no_configuration' | 'invalid_profile'>;

const wholeCallCodes = new Set<ErrorCode>([
  'no_deployment',
  'no_configuration',
  'invalid_profile',
] satisfies RefusalCode[]);

/** Finds reasons without a status in the contract, which are errors of the call. */
export function findRefusal(
  batch: {
    deployment: DeploymentRecord | undefined;
    configuration: ConfigurationRecord | undefined;
  },
  job: JobRecord,
  override: string | null,
): { code: RefusalCode; detail: string } | null {
  if (!batch.deployment)
    return {
      code: 'no_deployment',
      detail: 'The workspace has no deployment yet: run `dlthub deploy` first.',
    };
  if (!batch.configuration) {
    return {
      code: 'no_configuration',
      detail: 'The workspace has no configuration yet: run `dlthub deploy` first.',
    };
  }
  const profile = chooseProfile(job.definition, override, batch.configuration.profiles);
  return profile.ok ? null : { code: 'invalid_profile', detail: profile.reason };
}

/**
 * Rejects an archived job. Its row must be locked, so that it and its workspace stay active until the run is
 * stored.
 * @returns its workspace
 * @throws ServiceError
 */
export async function refuseArchived(
  store: Pick<Store, 'workspaces'>,
  job: JobRecord,
): Promise<RunWorkspace | undefined> {
  const workspace = await store.workspaces.getForRuns(job.workspaceId);
  if (workspace?.archivedAt)
    throw refusal('workspace_archived', 'The workspace is archived; restore it first.');
  if (job.isArchived) throw refusal('job_archived', `The job ${job.jobRef} is archived; restore it first.`);
  return workspace;
}

/**
 * Rejects a call with a problem that applies to all its jobs, because the dlt client shows only "not found"
 * for such a receipt.
 * @throws ServiceError
 */
export function refuseWholeCall(failed: readonly FailedStart[]): void {
  const [first] = failed.filter(({ code }) => wholeCallCodes.has(code));
  if (first) throw refusal(first.code, first.detail);
}

/** Explains why the only start of a call was skipped. */
export function declined(result: {
  skipped: readonly { status: string; reasons: string[] }[];
  failed: readonly FailedStart[];
}): ServiceError {
  const [skipped] = result.skipped;
  if (skipped) {
    return new ServiceError('start_declined', `Not started: ${skipped.status.replaceAll('_', ' ')}.`, {
      status: skipped.status,
      reasons: skipped.reasons,
    });
  }
  const [failed] = result.failed;
  if (failed?.extra) return new ServiceError(failed.code, failed.detail, failed.extra);
  return refusal(failed?.code ?? 'start_declined', failed?.detail ?? 'The run was not started.');
}

/** Describes why the only start of a batch did not begin. */
export function describeObstacle(result: {
  skipped: readonly { reasons: string[] }[];
  failed: readonly FailedStart[];
}): string {
  return result.skipped[0]?.reasons.join('; ') ?? result.failed[0]?.detail ?? 'the run was not started';
}

function refusal(code: ErrorCode, detail: string): ServiceError {
  return new ServiceError(code, detail, { reasons: [detail] });
}
