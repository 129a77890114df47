import type { AppResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { ButtonLink } from '../../ui/links.tsx';
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
      <ButtonLink
        size="compact-sm"
        variant="default"
        to="/w/$workspaceId/runs"
        params={{ workspaceId }}
        search={{ job_id: app.job_id }}
        aria-label={`Runs of ${name}`}
      >
        Runs
      </ButtonLink>
    );
  }
  return (
    <ButtonLink
      size="compact-sm"
      variant="default"
      to="/w/$workspaceId/runs/$jobRunId"
      params={{ workspaceId, jobRunId }}
      search={{ tab: 'log' }}
      aria-label={`Log of ${name}`}
    >
      Log
    </ButtonLink>
  );
}
