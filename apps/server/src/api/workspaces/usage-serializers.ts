import type { OrganizationLimits, UsageDay, UsageSums } from '../../store/records.ts';
import type { OrganizationLimitsResponse, UsageResponse } from '@pumphouse/contract';
import type { Usage, UsagePart } from '../../services/workspaces/read-usage.ts';

export function toOrganizationLimits(
  organizationId: string,
  limits: OrganizationLimits,
): OrganizationLimitsResponse {
  return { organization_id: organizationId, ...toLimits(limits) };
}

export function toUsage({ from, to, days, total, month, limits }: Usage): UsageResponse {
  return {
    from,
    to,
    days: days.map(toDay),
    total: toSums(total),
    month: {
      starts_on: month.startsOn,
      run_seconds: month.usedSeconds,
      active_run_count: month.activeRunCount,
      ...toLimits(limits),
    },
  };
}

export function toWorkspaceUsage({ workspaceId, workspaceName, total, days }: UsagePart) {
  return {
    workspace_id: workspaceId,
    name: workspaceName,
    total: toSums(total),
    days: days.map(toDay),
  };
}

export function toJobUsage({ workspaceId, jobId, jobRef, total, days }: UsagePart) {
  return {
    job_id: jobId ?? '',
    job_ref: jobRef ?? '',
    workspace_id: workspaceId,
    total: toSums(total),
    days: days.map(toDay),
  };
}

function toDay({ day, ...sums }: UsageDay) {
  return { date: day, ...toSums(sums) };
}

function toLimits({ concurrentRuns, minutesAMonth }: OrganizationLimits) {
  return { concurrent_runs: concurrentRuns, minutes_a_month: minutesAMonth };
}

function toSums({ completedCount, failedCount, cancelledCount, runMs }: UsageSums) {
  return {
    completed_run_count: completedCount,
    failed_run_count: failedCount,
    cancelled_run_count: cancelledCount,
    run_seconds: runMs / 1000,
  };
}
