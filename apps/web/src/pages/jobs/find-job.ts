import type { QueryClient } from '@tanstack/react-query';
import { jobQuery } from './job-queries.ts';
import { operation } from '../../api/operation.ts';

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Resolves a job id or ref from the URL, with or without the prefix `jobs.`, and puts the job into the cache.
 * @returns the job's id; null if the workspace has no such job
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
  // The list item is the whole job, so no second request is needed.
  const { queryKey } = jobQuery(workspaceId, job.id);
  if (queryClient.getQueryData(queryKey) === undefined) queryClient.setQueryData(queryKey, job);
  return job.id;
}
