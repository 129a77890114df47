import type { JobRecord, JobRunRecord } from '../../store/records.ts';
import type { RunStartStores } from './run-stores.ts';
import type { Store } from '../../store/store.ts';
import type { WindowStart } from './start-request.ts';
import { decideInContext } from './start-batch.ts';
import { describeObstacle } from './start-refusals.ts';
import { loadStartContext } from './start-context.ts';
import { pickTriggerByRef } from '../../domain/jobs/selectors.ts';
import { plainStart } from './start-request.ts';

/**
 * Starts, in the caller's transaction, runs of windows of a backfill, until one has no free slot.
 * @param start.job the caller has locked it
 * @returns the started runs in the order of the windows, and why the next one did not start
 */
export async function startWindows(
  store: Pick<Store, RunStartStores>,
  start: {
    job: JobRecord;
    windows: readonly WindowStart[];
    profile: string | null;
    membershipId: string | null;
    now: Date;
  },
): Promise<{ runs: JobRunRecord[]; obstacle: string | null }> {
  const { job, windows, ...options } = start;
  const trigger = pickTriggerByRef(job.definition);
  const candidates = [{ job, trigger, matchedTriggers: [trigger] }];
  const context = await loadStartContext(store, job.workspaceId, candidates, {
    refresh: false,
    isLocked: true,
  });
  const runs: JobRunRecord[] = [];
  for (const window of windows) {
    const result = await decideInContext(store, context, candidates, {
      ...plainStart,
      ...options,
      origin: 'backfill',
      skipFreshness: true,
      isLocked: true,
      window,
    });
    const run = result.succeeded[0]?.run;
    if (!run) return { runs, obstacle: describeObstacle(result) };
    runs.push(run);
  }
  return { runs, obstacle: null };
}
