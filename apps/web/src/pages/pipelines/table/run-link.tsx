import type { TableLoad } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { shortenJobName } from '../../../details/job-name.ts';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

/**
 * A link to the pipelines of a run.
 * @param isRow whether it is the link that the keys of a list open
 */
export function RunLink({ run, isRow = false }: { run: TableLoad['job_run']; isRow?: boolean }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <Link
      to="/w/$workspaceId/runs/$jobRunId"
      params={{ workspaceId, jobRunId: run.id }}
      search={{ tab: 'pipelines' }}
      data-row-link={isRow ? '' : undefined}
    >
      {shortenJobName(run.job_ref)} #{run.number}
    </Link>
  );
}
