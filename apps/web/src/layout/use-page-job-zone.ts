import { useQuery } from '@tanstack/react-query';
import { useMatch } from '@tanstack/react-router';
import { jobQuery } from '../pages/jobs/job-queries.ts';
import { runOverview } from '../pages/runs/run-queries.ts';

const defaultZone = 'UTC';

/**
 * The time zone of the job that the page shows: its own page, that of a run of it, or of it as an app.
 * @returns null on other pages, and until the job is loaded
 */
export function usePageJobZone(isNeeded: boolean): string | null {
  const workspaceId =
    useMatch({ from: '/signed-in/w/$workspaceId', shouldThrow: false })?.params.workspaceId ?? '';
  const jobId = usePageJobId(workspaceId, isNeeded);
  const { data } = useQuery({
    ...jobQuery(workspaceId, jobId ?? ''),
    enabled: isNeeded && jobId !== undefined,
    select: ({ job_definition: definition }) => definition.require?.timezone ?? defaultZone,
  });
  return jobId === undefined ? null : (data ?? null);
}

function usePageJobId(workspaceId: string, isNeeded: boolean): string | undefined {
  const job = useMatch({ from: '/signed-in/w/$workspaceId/jobs/$job', shouldThrow: false });
  const app = useMatch({ from: '/signed-in/w/$workspaceId/apps/$jobId', shouldThrow: false });
  const run = useMatch({ from: '/signed-in/w/$workspaceId/runs/$jobRunId', shouldThrow: false });
  const jobRunId = run?.params.jobRunId;
  const { data: jobIdOfRun } = useQuery({
    ...runOverview({ workspace_id: workspaceId, job_run_id: jobRunId ?? '' }),
    enabled: isNeeded && jobRunId !== undefined,
    select: ({ job_id: id }) => id,
  });
  return job?.loaderData?.jobId ?? app?.params.jobId ?? (jobRunId === undefined ? undefined : jobIdOfRun);
}
