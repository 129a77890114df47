import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import classes from './run.module.css';
import { formatCount } from '../../ui/format.ts';
import { operation } from '../../api/operation.ts';
import type { RunParams } from './run-queries.ts';

/** Link from an active run to the runs that wait for it; nothing without any. */
export function WaitingRunsNotice({ params }: { params: RunParams }) {
  const { workspace_id: workspaceId, job_run_id: jobRunId } = params;
  const { data } = useQuery(
    operation('list_run_overviews', {
      params: { workspace_id: workspaceId },
      query: { waiting_for: jobRunId, limit: 1 },
    }),
  );
  const count = data?.total ?? 0;
  if (count === 0) return null;
  return (
    <div className={classes.notice} data-kind="pending">
      <Link to="/w/$workspaceId/runs" params={{ workspaceId }} search={{ waiting_for: jobRunId }}>
        {formatCount(count)} {count === 1 ? 'run waits' : 'runs wait'} for this run
      </Link>
    </div>
  );
}
