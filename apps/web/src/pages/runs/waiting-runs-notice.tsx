import { Link } from '@tanstack/react-router';
import classes from './run.module.css';
import { CancelWaiting } from './cancel-waiting.tsx';
import { formatCount } from '../../ui/format.ts';
import { useWaitingRuns } from './use-waiting-runs.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** The runs that wait for an active run, as a link and to cancel; nothing without any. */
export function WaitingRunsNotice({ jobRunId, name }: { jobRunId: string; name: string }) {
  const { id: workspaceId } = useWorkspace();
  const { total } = useWaitingRuns(jobRunId);
  if (total === 0) return null;
  return (
    <div className={classes.notice} data-kind="pending">
      <Link to="/w/$workspaceId/runs" params={{ workspaceId }} search={{ waiting_for: jobRunId }}>
        {formatCount(total)} {total === 1 ? 'run waits' : 'runs wait'} for this run
      </Link>{' '}
      <CancelWaiting jobRunId={jobRunId} name={name} />
    </div>
  );
}
