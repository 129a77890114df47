import type { Persistence } from '../../store/store.ts';

export type RunFollowers = ReturnType<typeof createRunFollowers>;

/**
 * Reports to each follower of a run once that the run has reached the status it waits for. The followers are
 * callers that poll until a run has one exact status, which may last less than the time between two polls.
 * Rows decide, so any server can answer any poll.
 */
export function createRunFollowers({ store: { followedRuns } }: Persistence<'followedRuns'>) {
  return {
    /** Notes that the caller polled the run before it reached the status. */
    noteWaiting: (jobRunId: string, follower: string): Promise<number> =>
      followedRuns.add(jobRunId, follower),

    /**
     * Notes that the run has reached the status.
     * @param isNew whether the run is so new that a caller that polls it for the first time may follow it
     * @returns true once for each follower
     */
    report: (jobRunId: string, follower: string, isNew: boolean): Promise<boolean> =>
      followedRuns.report(jobRunId, follower, isNew),
  };
}
