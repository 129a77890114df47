import type { QueryClient } from '@tanstack/react-query';
import { jobQuery } from './job-queries.ts';
import { operation } from '../../api/operation.ts';

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The id of the job that an address names by its id or its ref, with or without `jobs.` in front. The job itself is in the cache then.
 * @returns null where the workspace has no such job
 */
export async function findJob(
  queryClient: QueryClient,
  workspaceId: string,
  idOrRef: string,
): Promise<string | null> {
  if (uuidPattern.test(idOrRef)) {
    const { id } = await queryClient.ensureQueryData(jobQuery(workspaceId, idOrRef));
    return id;
  }
  const ref = idOrRef.startsWith('jobs.') ? idOrRef : `jobs.${idOrRef}`;
  const { items } = await queryClient.ensureQueryData(
    operation('list_jobs', { params: { workspace_id: workspaceId }, query: { ref, limit: 1 } }),
  );
  const [job] = items;
  if (!job) return null;
  // One request is enough: the list has all of the job.
  const { queryKey } = jobQuery(workspaceId, job.id);
  if (queryClient.getQueryData(queryKey) === undefined) queryClient.setQueryData(queryKey, job);
  return job.id;
}
