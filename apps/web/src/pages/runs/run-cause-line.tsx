import type { RunOverviewResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import classes from './runs.module.css';
import { describeCause } from '../../details/run-cause.ts';
import { formatInstant } from '../../ui/format.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

type CausedRun = Pick<
  RunOverviewResponse,
  'trigger' | 'trigger_kind' | 'triggered_by' | 'caused_by' | 'refresh' | 'tick_at'
>;

/** Trigger of a run; a link if another run triggered it. */
export function RunCause({ run }: { run: CausedRun }) {
  const { id: workspaceId } = useWorkspace();
  const text = describeCause(run);
  const exact =
    run.tick_at === null ? run.trigger : `${run.trigger}, for ${formatInstant(new Date(run.tick_at))}`;
  if (run.caused_by === null) {
    return (
      <span className={classes.causeText} title={exact}>
        {text}
      </span>
    );
  }
  return (
    <Link
      to="/w/$workspaceId/runs/$jobRunId"
      params={{ workspaceId, jobRunId: run.caused_by.job_run_id }}
      className={classes.causeLink}
      title={exact}
    >
      <CauseName text={text} />
    </Link>
  );
}

/** A long job name is truncated, but never the run number. */
function CauseName({ text }: { text: string }) {
  const [, name = text, number] = /^(.*) (#\d+.*)$/.exec(text) ?? [];
  return (
    <>
      <span className={classes.runName}>{name}</span>{' '}
      {number !== undefined && <span className={classes.runNumber}>{number}</span>}
    </>
  );
}
