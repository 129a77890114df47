import type { AppResponse } from '@pumphouse/contract';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { lastRunOfApp } from './app-queries.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface AppLogLinkProps {
  app: AppResponse;
  name: string;
  /** True outside lists: then the last run is fetched if the app response has none. */
  isAlone?: boolean;
}

/** Link to the log of the app's current or failed run, or to its runs if neither is known. */
export function AppLogLink({ app, name, isAlone = false }: AppLogLinkProps) {
  const { id: workspaceId } = useWorkspace();
  const known = app.job_run?.id ?? app.failure?.job_run_id;
  const last = useQuery({
    ...lastRunOfApp(workspaceId, app.job_id),
    enabled: isAlone && known === undefined,
  });
  const jobRunId = known ?? last.data?.items[0]?.id;
  if (jobRunId === undefined) {
    return (
      <Button
        component={Link}
        size="compact-sm"
        variant="default"
        to="/w/$workspaceId/runs"
        params={{ workspaceId } as never}
        search={{ job_id: app.job_id } as never}
        aria-label={`Runs of ${name}`}
      >
        Runs
      </Button>
    );
  }
  return (
    <Button
      component={Link}
      size="compact-sm"
      variant="default"
      to="/w/$workspaceId/runs/$jobRunId"
      params={{ workspaceId, jobRunId } as never}
      search={{ tab: 'log' } as never}
      aria-label={`Log of ${name}`}
    >
      Log
    </Button>
  );
}
