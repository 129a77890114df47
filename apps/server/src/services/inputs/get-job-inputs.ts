import type { JobInputs } from '../../domain/inputs/job-inputs.ts';
import type { Persistence } from '../../store/store.ts';
import type { ReadJobInputs } from './read-job-inputs.ts';
import { ServiceError } from '../../platform/service-error.ts';

export type GetJobInputs = ReturnType<typeof createGetJobInputs>;

/** Creates the use case that returns the inputs of one job. */
export function createGetJobInputs({ store }: Persistence<'jobs'>, readJobInputs: ReadJobInputs) {
  /** @throws ServiceError not_found */
  return async function getJobInputs(workspaceId: string, jobId: string): Promise<JobInputs> {
    const job = await store.jobs.get(workspaceId, jobId);
    const [inputs] = job ? await readJobInputs(workspaceId, [job]) : [];
    if (!inputs) throw new ServiceError('not_found', `There is no job ${jobId}.`);
    return inputs;
  };
}
