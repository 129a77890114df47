import type { RunStatus } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { operation } from '../../api/operation.ts';
import { operationPages } from '../../api/operation-pages.ts';

const newestFirst = { sort: ['version'], order: ['desc'] } as const;
const order = { sort: [...newestFirst.sort], order: [...newestFirst.order] };

export const deploymentsOf = (workspaceId: string) =>
  operationPages('list_deployments', {
    params: { workspace_id: workspaceId },
    query: { limit: 50, ...order },
  });

export const configurationsOf = (workspaceId: string) =>
  operationPages('list_configurations', {
    params: { workspace_id: workspaceId },
    query: { limit: 50, ...order },
  });

/** As many as run at once in all but huge workspaces; beyond them the counts are too low. */
const mostActive = 500;
const activeStates: RunStatus[] = ['pending', 'starting', 'running', 'cancelling'];

/** @returns how many active runs use each version, by the id of the version */
export function useActiveRuns(
  workspaceId: string,
  kind: 'deployment_id' | 'configuration_id',
): ReadonlyMap<string, number> {
  const { data } = useQuery(
    operation('list_job_runs', {
      params: { workspace_id: workspaceId },
      query: { status: activeStates, limit: mostActive },
    }),
  );
  const counts = new Map<string, number>();
  for (const run of data?.items ?? []) counts.set(run[kind], (counts.get(run[kind]) ?? 0) + 1);
  return counts;
}
