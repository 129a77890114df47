import { useEffect, useSyncExternalStore } from 'react';
import { listenToLogGrowths, readLogGrowth, type LogGrowth } from './log-growths.ts';
import { ownInterests } from './live.ts';

/**
 * Follows the length of a run's log while the component is mounted.
 * @param isFollowed false for a complete log, which needs no subscription
 * @returns null until the server has reported the length
 */
export function useLogGrowth(workspaceId: string, jobRunId: string, isFollowed = true): LogGrowth | null {
  useEffect(
    () => (isFollowed ? ownInterests.add({ logs: [{ workspaceId, jobRunId }] }) : undefined),
    [workspaceId, jobRunId, isFollowed],
  );
  return useSyncExternalStore(listenToLogGrowths, () => readLogGrowth(jobRunId));
}
