import { CloseButton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import classes from './jobs.module.css';
import type { ActionResult } from './use-job-actions.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Result of an action, shown next to the action and announced to screen readers. */
export function ActionResultLine({ result, onPutAway }: { result: ActionResult; onPutAway: () => void }) {
  const { id: workspaceId } = useWorkspace();
  const { text, isProblem, jobRunId } = result;
  return (
    <div className={classes.result} data-problem={isProblem} role={isProblem ? 'alert' : 'status'}>
      <span aria-hidden="true">{isProblem ? '✕' : '✓'}</span>
      <span className={classes.resultText}>
        {text}
        {jobRunId !== undefined && (
          <>
            {' · '}
            <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId }}>
              View run
            </Link>
          </>
        )}
      </span>
      <CloseButton size="sm" aria-label="Dismiss" onClick={onPutAway} />
    </div>
  );
}
