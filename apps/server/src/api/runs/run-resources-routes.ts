import type { Handlers } from '../handler.ts';
import type { JobRunResourcesResponse } from '@pumphouse/contract';
import type { ReadRunResources, RunResources } from '../../services/runs/read-run-resources.ts';
import { toInstantOrNull } from '../serializers/instants.ts';

export function createRunResourceHandlers(services: {
  readRunResources: ReadRunResources;
}): Pick<Handlers, 'get_job_run_resources'> {
  return {
    async get_job_run_resources({ params }) {
      return toRunResources(await services.readRunResources(params.workspace_id, params.job_run_id));
    },
  };
}

function toRunResources({
  instanceSize,
  limits,
  largerSize,
  attempts,
}: RunResources): JobRunResourcesResponse {
  return {
    instance_size: instanceSize,
    limits: {
      memory_bytes: limits.memoryBytes,
      cores: limits.cpus,
      disk_bytes: limits.diskBytes ?? null,
    },
    larger_instance_size: largerSize,
    attempts: attempts.map(({ number, startedAt, usage }) => ({
      number,
      started_at: toInstantOrNull(startedAt),
      seconds_per_point: usage.secondsPerPoint,
      memory_bytes: usage.memoryBytes,
      cores: usage.cpuMicroseconds.map((used) => toCores(used, usage.secondsPerPoint)),
      disk_bytes: usage.diskBytes,
      peak_memory_bytes: usage.peakMemoryBytes,
      peak_disk_bytes: usage.peakDiskBytes,
      measured_by: usage.measuredBy ?? 'group',
    })),
  };
}

/** Two digits are more than a chart can show. */
const toCores = (microseconds: number, seconds: number): number =>
  Math.round(microseconds / seconds / 10_000) / 100;
