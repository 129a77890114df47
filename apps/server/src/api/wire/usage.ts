import type { OrganizationLimits, UsageSums } from '../../store/records.ts';
import type { OrganizationLimitsResponse, UsageResponse } from '@pumphouse/contract';
import type { Usage } from '../../services/read-usage.ts';

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
    days: days.map(({ day, ...sums }) => ({ date: day, ...toSums(sums) })),
    total: toSums(total),
    month: {
      starts_on: month.startsOn,
      run_seconds: month.usedSeconds,
      active_run_count: month.activeRunCount,
      ...toLimits(limits),
    },
  };
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
