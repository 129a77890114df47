import type { AppResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import classes from './apps.module.css';
import { lastRunOfApp } from './app-queries.ts';
import { RunOutcomeLine } from '../../details/run-outcome-line.tsx';
import { RunState } from '../../ui/state.tsx';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Result of the last run of an app that is not running. */
export function AppLastRun({ app }: { app: AppResponse }) {
  const { id: workspaceId } = useWorkspace();
  const { data } = useQuery({ ...lastRunOfApp(workspaceId, app.job_id), enabled: app.job_run === null });
  const run = data?.items[0];
  if (data === undefined) return null;
  if (run === undefined) return <span className="quiet">none yet</span>;
  return (
    <span className={classes.lastRun}>
      <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: run.id }}>
        #{run.number}
      </Link>
      <RunState status={run.status} />
      <span className="quiet">
        <Time at={run.finished_at ?? run.created_at} />
      </span>
      <RunOutcomeLine run={run} />
    </span>
  );
}
