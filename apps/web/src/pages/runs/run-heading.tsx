import { isTerminalRunState, type RunOverviewDetailResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import classes from './run.module.css';
import { formatDuration, formatNoun } from '../../ui/format.ts';
import { LeftIcon, RightIcon } from '../../ui/icons.tsx';
import { RunCause } from './run-cause-line.tsx';
import { RunningFor, Time } from '../../ui/time.tsx';
import { RunState } from '../../ui/state.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { shortenJobName } from '../../details/job-name.ts';

/** Job name and run number, with links to the previous and next run. */
export function RunHeading({ run }: { run: RunOverviewDetailResponse }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <span className={classes.heading}>
      <Link to="/w/$workspaceId/jobs/$job" params={{ workspaceId, job: run.job_ref }} title={run.job_ref}>
        {shortenJobName(run.job_name)}
      </Link>
      <span className={classes.number}>#{run.number}</span>
      <span className={classes.neighbours}>
        <Neighbour run={run.previous} rel="prev" />
        <Neighbour run={run.next} rel="next" />
      </span>
    </span>
  );
}

function Neighbour({ run, rel }: { run: RunOverviewDetailResponse['previous']; rel: 'prev' | 'next' }) {
  const { id: workspaceId } = useWorkspace();
  if (run === null) return null;
  const key = rel === 'prev' ? '[' : ']';
  return (
    <Link
      from="/w/$workspaceId/runs/$jobRunId"
      to="/w/$workspaceId/runs/$jobRunId"
      params={{ workspaceId, jobRunId: run.job_run_id }}
      // Keep the tab, but not the log position, which belongs to this run.
      search={({ tab }) => ({ tab })}
      rel={rel}
      title={`${rel === 'prev' ? 'Previous' : 'Next'} run (${key})`}
      className={classes.neighbour}
    >
      {rel === 'prev' && <LeftIcon />}#{run.number}
      {rel === 'next' && <RightIcon />}
    </Link>
  );
}

/** State, duration, trigger, profile and versions in one line. */
export function RunDetailsLine({ run }: { run: RunOverviewDetailResponse }) {
  const { id: workspaceId } = useWorkspace();
  const { deployment, configuration } = run;
  return (
    <span className={classes.details}>
      <RunState status={run.status} />
      <RunTime run={run} />
      <span>
        <Time at={run.created_at} />
      </span>
      <RunCause run={run} />
      <span>
        profile <strong>{run.profile}</strong>
      </span>
      <span>
        <Link
          to="/w/$workspaceId/deployments/$deploymentId"
          params={{ workspaceId, deploymentId: deployment.id }}
        >
          deployment {deployment.version}
        </Link>
      </span>
      <span>
        <Link
          to="/w/$workspaceId/configurations/$configurationId"
          params={{ workspaceId, configurationId: configuration.id }}
        >
          configuration {configuration.version}
        </Link>
      </span>
      {run.attempt_count > 1 && <span>{formatNoun(run.attempt_count, 'attempt')}</span>}
    </span>
  );
}

function RunTime({ run }: { run: RunOverviewDetailResponse }) {
  if (run.duration_seconds !== null) return <span>{formatDuration(run.duration_seconds)}</span>;
  if (run.started_at === null || isTerminalRunState(run.status)) return null;
  return (
    <span>
      <RunningFor since={run.started_at} />
    </span>
  );
}
