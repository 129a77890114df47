import type { JobRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';

/**
 * Removes the starts that were deferred until this job completes, after it failed to; also those further
 * downstream.
 */
export async function dropDeferredStarts(
  store: Pick<Store, 'jobs' | 'deferredStarts'>,
  workspaceId: string,
  jobRef: string,
): Promise<void> {
  for (const job of await store.jobs.listDownstreams(workspaceId, jobRef)) {
    if ((await store.deferredStarts.remove([job.id])) > 0)
      await dropDeferredStarts(store, workspaceId, job.jobRef);
  }
}

/**
 * Removes the deferred starts of archived jobs, and those further downstream, so that they do not start when
 * the jobs are restored.
 */
export async function dropDeferredStartsOf(
  store: Pick<Store, 'jobs' | 'deferredStarts'>,
  jobs: readonly JobRecord[],
): Promise<void> {
  for (const job of jobs) {
    if ((await store.deferredStarts.remove([job.id])) > 0)
      await dropDeferredStarts(store, job.workspaceId, job.jobRef);
  }
}
