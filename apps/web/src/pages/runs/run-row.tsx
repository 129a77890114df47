import { isTerminalRunState, type RunOverviewResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import classes from './runs.module.css';
import { formatDuration } from '../../ui/format.ts';
import { RowCheckbox } from '../../ui/row-checkbox.tsx';
import { RunCause } from './run-cause-line.tsx';
import { RunningFor, Time } from '../../ui/time.tsx';
import { RunOutcomeLine } from '../../details/run-outcome-line.tsx';
import { RunRowActions } from './run-row-actions.tsx';
import { RunState } from '../../ui/state.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { shortenJobName } from '../../details/job-name.ts';

interface RunRowProps {
  run: RunOverviewResponse;
  index: number;
  /** Ref for measuring the row. */
  rowRef: (row: HTMLElement | null) => void;
  /** Below the row that folds it. */
  isOfFold: boolean;
  isSelected: boolean;
  /** Called with `isRange` to change all runs since the last one that was changed. */
  onToggle: (id: string, isRange: boolean) => void;
}

/** A run in the list. */
export const RunRow = memo(function RunRow({
  run,
  index,
  rowRef,
  isOfFold,
  isSelected,
  onToggle,
}: RunRowProps) {
  const name = `${shortenJobName(run.job_name)} #${run.number}`;
  return (
    <tr data-row data-index={index} data-of-fold={isOfFold} ref={rowRef} aria-rowindex={index + 1}>
      <td className={classes.select}>
        <RowCheckbox
          label={`Select ${name}`}
          checked={isSelected}
          onChange={(_, isRange) => onToggle(run.id, isRange)}
        />
      </td>
      <td className={classes.state}>
        <RunState status={run.status} />
      </td>
      <td className={classes.run}>
        <RunLink run={run} name={name} />
      </td>
      <td className={classes.cause}>
        <RunCause run={run} />
      </td>
      <td className={classes.outcome} data-wide="true">
        <RunOutcomeLine run={run} />
      </td>
      <td className={`${classes.duration} number`}>
        <RunDuration run={run} />
      </td>
      <td className={`${classes.started} number`}>
        {run.started_at !== null && <Time at={run.started_at} />}
      </td>
      <td className={`${classes.age} number`}>
        <Time at={run.created_at} />
      </td>
      <td className={classes.profile}>{run.profile}</td>
      <td className={classes.versions}>
        <Versions run={run} />
      </td>
      <td className={classes.actions}>
        <RunRowActions run={run} />
      </td>
    </tr>
  );
});

/** A long job name is truncated, but never the run number. */
function RunLink({ run, name }: { run: RunOverviewResponse; name: string }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <Link
      to="/w/$workspaceId/runs/$jobRunId"
      params={{ workspaceId, jobRunId: run.id }}
      className={classes.runLink}
      title={name}
      data-row-link
    >
      <span className={classes.runName}>{shortenJobName(run.job_name)}</span>
      <span className={classes.runNumber}>#{run.number}</span>
    </Link>
  );
}

function RunDuration({ run }: { run: RunOverviewResponse }) {
  if (run.duration_seconds !== null) return formatDuration(run.duration_seconds);
  const isActive = !isTerminalRunState(run.status);
  return isActive && run.started_at !== null ? <RunningFor since={run.started_at} /> : null;
}

/** Deployment and configuration of the run. */
function Versions({ run }: { run: RunOverviewResponse }) {
  const { id: workspaceId } = useWorkspace();
  const { deployment, configuration } = run;
  return (
    <>
      <Link
        to="/w/$workspaceId/deployments/$deploymentId"
        params={{ workspaceId, deploymentId: deployment.id }}
        title={`Deployment ${deployment.version}`}
      >
        v{deployment.version}
      </Link>
      <span className="quiet"> · </span>
      <Link
        to="/w/$workspaceId/configurations/$configurationId"
        params={{ workspaceId, configurationId: configuration.id }}
        title={`Configuration ${configuration.version}`}
      >
        c{configuration.version}
      </Link>
    </>
  );
}
