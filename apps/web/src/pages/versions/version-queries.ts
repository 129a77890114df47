import type { RunStatus } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { operation } from '../../api/operation.ts';
import { operationPages } from '../../api/operation-pages.ts';

/** The field of a run that refers to its version, by kind. */
export type VersionKind = 'deployment_id' | 'configuration_id';

/** Fields of both kinds of version. */
export interface Version {
  id: string;
  version: number;
  created_at: string;
  created_by: string;
  file_count: number;
  size_bytes: number;
}

const newestFirst = { sort: ['version'], order: ['desc'] } as const;
const order = { sort: [...newestFirst.sort], order: [...newestFirst.order] };

export const deploymentsOf = (workspaceId: string) =>
  operationPages('list_deployment_overviews', {
    params: { workspace_id: workspaceId },
    query: { limit: 50, ...order },
  });

export const configurationsOf = (workspaceId: string) =>
  operationPages('list_configurations', {
    params: { workspace_id: workspaceId },
    query: { limit: 50, ...order },
  });

/** The number of runs that the page of a version shows. */
const shownRuns = 20;

/**
 * End of the time range of the query. Runs use the latest version, but a run that is created while the next
 * version arrives may keep the older one and be stored a moment later.
 */
function endAfter(nextAt: string): string {
  return new Date(Date.parse(nextAt) + 60_000).toISOString();
}

/**
 * The last runs of a version. The time range keeps the server from scanning all newer runs.
 * @param nextAt creation time of the next version; undefined for the latest
 */
export const runsOfVersion = (
  workspaceId: string,
  kind: VersionKind,
  { version, nextAt }: { version: Pick<Version, 'id' | 'created_at'>; nextAt: string | undefined },
) =>
  operation('list_run_overviews', {
    params: { workspace_id: workspaceId },
    query: {
      ...(kind === 'deployment_id' ? { deployment_id: version.id } : { configuration_id: version.id }),
      start: version.created_at,
      ...(nextAt !== undefined && { end: endAfter(nextAt) }),
      include_skipped: false,
      limit: shownRuns,
    },
  });

/** More active runs than in all but huge workspaces. Beyond this limit the counts are too low. */
const maxActive = 500;
const activeStates: RunStatus[] = ['pending', 'starting', 'running', 'cancelling'];

/** @returns the number of active runs by version id */
export function useActiveRuns(workspaceId: string, kind: VersionKind): ReadonlyMap<string, number> {
  const { data } = useQuery(
    operation('list_job_runs', {
      params: { workspace_id: workspaceId },
      query: { status: activeStates, limit: maxActive },
    }),
  );
  const counts = new Map<string, number>();
  for (const run of data?.items ?? []) counts.set(run[kind], (counts.get(run[kind]) ?? 0) + 1);
  return counts;
}
