import type { InstanceLimits, InstanceSizes } from '../../domain/attempts/instance-sizes.ts';
import type { InstanceSize } from '../../domain/jobs/job-definition.ts';
import type { JobVersions } from '../jobs/job-versions.ts';
import type { Persistence } from '../../store/store.ts';
import type { ResourceUsage } from '../../domain/attempts/resource-usage.ts';
import { chooseInstanceLimits, findLargerSize } from '../../domain/attempts/instance-sizes.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface RunResources {
  instanceSize: InstanceSize;
  limits: InstanceLimits;
  /** The next size with more memory; null if there is none. */
  largerSize: InstanceSize | null;
  /** The attempts with samples, in order. */
  attempts: { number: number; startedAt: Date | null; usage: ResourceUsage }[];
}

export type ReadRunResources = ReturnType<typeof createReadRunResources>;

export function createReadRunResources(
  { store }: Persistence<'attempts' | 'jobRuns'>,
  jobVersions: JobVersions,
  instanceSizes: InstanceSizes,
) {
  /**
   * Reads what the attempts of a run have used.
   * @throws ServiceError not_found
   */
  return async function readRunResources(workspaceId: string, jobRunId: string): Promise<RunResources> {
    const run = await store.jobRuns.get(workspaceId, jobRunId);
    if (!run) throw new ServiceError('not_found', `There is no job run ${jobRunId}.`);
    const { definition } = await jobVersions.get(run.jobVersionId);
    const instanceSize = definition.require?.instance?.size ?? 'small';
    const attempts = await store.attempts.listUsageOfRun(jobRunId);
    return {
      instanceSize,
      limits: chooseInstanceLimits(instanceSizes, instanceSize),
      largerSize: findLargerSize(instanceSizes, instanceSize),
      attempts: attempts.flatMap(({ usage, ...attempt }) => (usage ? [{ ...attempt, usage }] : [])),
    };
  };
}
