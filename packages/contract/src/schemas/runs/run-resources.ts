import { z } from 'zod';
import { responseObject, timestamp } from '../primitives.ts';

const attemptResources = responseObject('AttemptResourcesResponse', {
  number: z.int(),
  /** When user code started: the begin of the first point. */
  started_at: timestamp.nullable(),
  /** All points have this length; the last one may be incomplete. */
  seconds_per_point: z.number(),
  /** The highest use in each point, without cache that the kernel can drop. */
  memory_bytes: z.array(z.int()),
  /** The average number of cores in use. */
  cores: z.array(z.number()),
  /** What the files of the attempt take at the end of each point, without local data. */
  disk_bytes: z.array(z.int()),
  peak_memory_bytes: z.int(),
  peak_disk_bytes: z.int(),
  /** `processes`: without a control group, memory and cores are sums over the processes at each sample. */
  measured_by: z.enum(['group', 'processes']),
});

export const jobRunResourcesResponse = responseObject('JobRunResourcesResponse', {
  instance_size: z.string(),
  /** Of its instance size as it is configured now; null for no limit. */
  limits: responseObject('InstanceLimitsResponse', {
    memory_bytes: z.int().nullable(),
    cores: z.number().nullable(),
    disk_bytes: z.int().nullable(),
  }),
  /** The next size with more memory; null if there is none. */
  larger_instance_size: z.string().nullable(),
  /** The attempts with samples, in order. */
  attempts: z.array(attemptResources),
});
export type JobRunResourcesResponse = z.output<typeof jobRunResourcesResponse>;
