import { useSuspenseQuery } from '@tanstack/react-query';
import { useLoaderData } from '@tanstack/react-router';
import { jobQuery } from './job-queries.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** The job of the page, loaded by the route. */
export function useJob() {
  const { id: workspaceId } = useWorkspace();
  const { jobId } = useLoaderData({ from: '/signed-in/w/$workspaceId/jobs/$job' });
  const { data: job } = useSuspenseQuery(jobQuery(workspaceId, jobId));
  return { workspaceId, jobId, job };
}
