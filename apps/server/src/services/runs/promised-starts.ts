import type { JobRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';

/** A call has promised starts for when this job completes. It will not: the promises end, and those that build on them. */
export async function dropPromises(store: Store, workspaceId: string, jobRef: string): Promise<void> {
  for (const job of await store.jobs.listDownstreams(workspaceId, jobRef)) {
    if ((await store.promisedStarts.remove([job.id])) > 0) await dropPromises(store, workspaceId, job.jobRef);
  }
}

/** The jobs are out of service: what was promised of them, and of what waits for them, must not come true when they are brought back. */
export async function dropPromisesOf(store: Store, jobs: readonly JobRecord[]): Promise<void> {
  for (const job of jobs) {
    if ((await store.promisedStarts.remove([job.id])) > 0)
      await dropPromises(store, job.workspaceId, job.jobRef);
  }
}
