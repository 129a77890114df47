import type { RunOverviewResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { operation } from '../../api/operation.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** As many as can be cancelled at once. */
const maxWaiting = 100;

/** The runs that wait for an active one, and how many there are. */
export function useWaitingRuns(jobRunId: string): { items: readonly RunOverviewResponse[]; total: number } {
  const { params } = useWorkspace();
  const query = { waiting_for: jobRunId, limit: maxWaiting };
  const { data } = useQuery(operation('list_run_overviews', { params, query }));
  return { items: data?.items ?? [], total: data?.total ?? 0 };
}
