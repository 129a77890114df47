import type { JobRunChangesResponse, JobRunResourcesResponse } from '@pumphouse/contract';
import { formatBinary } from '../resource-charts.ts';
import { formatDuration } from '../../../ui/format.ts';

export interface LimitedFailure {
  /** Code of the failure. */
  code: string;
  resources: JobRunResourcesResponse | undefined;
  changes: Pick<JobRunChangesResponse, 'timeout_seconds' | 'usual_duration_seconds'> | undefined;
}

/**
 * What a run used beside its limit, if it failed at one: "Used 4 GiB of 4 GiB of memory (small). Try medium."
 * Null for other failures, and while the figures load.
 */
export function describeLimits({ code, resources, changes }: LimitedFailure): string | null {
  if (code === 'timed_out') return changes ? describeTimeout(changes) : null;
  if (!resources) return null;
  const attempt = resources.attempts.at(-1);
  const { memory_bytes: memory, disk_bytes: disk } = resources.limits;
  if (code === 'out_of_memory')
    return describeUse(resources, 'memory', { peak: attempt?.peak_memory_bytes, limit: memory });
  if (code === 'disk_limit')
    return describeUse(resources, 'disk', { peak: attempt?.peak_disk_bytes, limit: disk });
  return null;
}

function describeUse(
  { instance_size: size, larger_instance_size: larger }: JobRunResourcesResponse,
  what: string,
  { peak = 0, limit }: { peak: number | undefined; limit: number | null },
): string | null {
  if (limit === null) return null;
  // Samples miss the moment at which the limit was reached.
  const used = formatBinary(Math.max(peak, limit));
  const advice = larger === null ? 'No instance size has more.' : `Try ${larger}.`;
  return `Used ${used} of ${formatBinary(limit)} of ${what} (${size}). ${advice}`;
}

function describeTimeout({
  timeout_seconds: timeout,
  usual_duration_seconds: usual,
}: NonNullable<LimitedFailure['changes']>): string | null {
  if (timeout === null) return null;
  const usually =
    usual === null ? 'No earlier run completed.' : `Completed runs usually take ${formatDuration(usual)}.`;
  return `Timeout: ${formatDuration(timeout)}. ${usually}`;
}
