import { useEffect, useSyncExternalStore } from 'react';
import { listenToLogGrowths, readLogGrowth, type LogGrowth } from './log-growths.ts';
import { ownInterests } from './live.ts';

/**
 * Follows how long the log of a run is, while the component is shown.
 * @param isFollowed false for a run whose log is whole: nobody needs to be asked
 * @returns null until the server has said so
 */
export function useLogGrowth(workspaceId: string, jobRunId: string, isFollowed = true): LogGrowth | null {
  useEffect(
    () => (isFollowed ? ownInterests.add({ logs: [{ workspaceId, jobRunId }] }) : undefined),
    [workspaceId, jobRunId, isFollowed],
  );
  return useSyncExternalStore(listenToLogGrowths, () => readLogGrowth(jobRunId));
}
