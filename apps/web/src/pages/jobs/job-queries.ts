import { operation } from '../../api/operation.ts';
import { operationPages } from '../../api/operation-pages.ts';
import { toJobQuery, type JobSearch } from './job-list.ts';

/** The list of jobs, page by page. */
export const jobList = (workspaceId: string, search: JobSearch) =>
  operationPages('list_job_overviews', {
    params: { workspace_id: workspaceId },
    query: toJobQuery(search),
  });

/** What starts next: says of jobs in words when they start, and what is in the way. */
export const nextStartsOfJobs = (workspaceId: string) =>
  operation('list_next_starts', { params: { workspace_id: workspaceId }, query: { limit: 200 } });
