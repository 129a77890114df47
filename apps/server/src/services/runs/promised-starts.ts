import type { JobRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';

/**
 * Removes the starts that were deferred until this job completes, after it failed to; also those further
 * downstream.
 */
export async function dropPromises(
  store: Pick<Store, 'jobs' | 'promisedStarts'>,
  workspaceId: string,
  jobRef: string,
): Promise<void> {
  for (const job of await store.jobs.listDownstreams(workspaceId, jobRef)) {
    if ((await store.promisedStarts.remove([job.id])) > 0) await dropPromises(store, workspaceId, job.jobRef);
  }
}

/**
 * Removes the deferred starts of archived jobs, and those further downstream, so that they do not start when
 * the jobs are restored.
 */
export async function dropPromisesOf(
  store: Pick<Store, 'jobs' | 'promisedStarts'>,
  jobs: readonly JobRecord[],
): Promise<void> {
  for (const job of jobs) {
    if ((await store.promisedStarts.remove([job.id])) > 0)
      await dropPromises(store, job.workspaceId, job.jobRef);
  }
}
