import { operation } from '../../api/operation.ts';
import { operationPages } from '../../api/operation-pages.ts';
import { boundsOfMonth, type Month } from '../../calendar/months.ts';
import { toJobQuery, type JobSearch } from './job-list.ts';
import { shownZone } from '../../ui/time-zone.ts';

/** The paginated list of jobs. */
export const jobList = (workspaceId: string, search: JobSearch) =>
  operationPages('list_job_overviews', {
    params: { workspace_id: workspaceId },
    query: toJobQuery(search),
  });

/** Next starts of all jobs, with trigger texts and blocking reasons. */
export const nextStartsOfJobs = (workspaceId: string) =>
  operation('list_next_starts', { params: { workspace_id: workspaceId }, query: { limit: 200 } });

const jobParams = (workspaceId: string, jobId: string) => ({ workspace_id: workspaceId, job_id: jobId });

/** A job with its definition, and whether it is paused or archived. */
export const jobQuery = (workspaceId: string, jobId: string) =>
  operation('get_job', { params: jobParams(workspaceId, jobId) });

export const runsOfJob = (workspaceId: string, jobId: string) =>
  operationPages('list_run_overviews', {
    params: { workspace_id: workspaceId },
    query: { job_id: jobId, limit: 50 },
  });

export const trendOfJob = (workspaceId: string, jobId: string) =>
  operation('get_job_trend', { params: jobParams(workspaceId, jobId), query: { limit: 60 } });

export const ticksOfJob = (workspaceId: string, jobId: string) =>
  operation('list_job_next_ticks', { params: jobParams(workspaceId, jobId), query: { limit: 10 } });

/** The days of a month in the shown time zone. */
export const scheduleDaysOfJob = (workspaceId: string, jobId: string, month: Month) =>
  operation('list_job_schedule_days', {
    params: jobParams(workspaceId, jobId),
    query: { ...boundsOfMonth(month), timezone: shownZone() },
  });

export const graphOfJob = (workspaceId: string, jobId: string) =>
  operation('get_job_graph', { params: { workspace_id: workspaceId }, query: { job_id: jobId } });

export const versionsOfJob = (workspaceId: string, jobId: string) =>
  operationPages('list_job_versions', { params: jobParams(workspaceId, jobId), query: { limit: 50 } });
