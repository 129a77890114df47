import type { RunCountsResponse } from '@pumphouse/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { runCounts } from './run-queries.ts';
import type { RunSearch } from './run-list.ts';
import { useNow } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Step of the time that a range of the list follows. */
export const listStepSeconds = 900;

/** The counts of the list. While those of other filters load, returns the ones before. */
export function useRunCounts(search: RunSearch): RunCountsResponse | undefined {
  const { id: workspaceId } = useWorkspace();
  const nowMs = useNow(listStepSeconds);
  return useQuery({ ...runCounts(workspaceId, search, nowMs), placeholderData: keepPreviousData }).data;
}
