import { Link } from '@tanstack/react-router';
import classes from './overview.module.css';
import type { HeldRuns } from './long-waits.ts';
import { AttentionRow } from './wait-rows.tsx';
import { CancelWaiting } from '../runs/cancel-waiting.tsx';
import { ButtonLink } from '../../ui/links.tsx';
import { formatNoun } from '../../ui/format.ts';
import { nameOfRun } from '../runs/selected-actions.ts';
import { RunState } from '../../ui/state.tsx';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Runs that should have started, and the active run that keeps them waiting. */
export function HeldRunsRow({ group: { holder, runs } }: { group: HeldRuns }) {
  const { id: workspaceId } = useWorkspace();
  const name = nameOfRun(holder);
  const [oldest] = runs;
  const head = (
    <>
      <RunState status="pending" compact />
      <strong>
        {formatNoun(runs.length, 'run')} {runs.length === 1 ? 'waits' : 'wait'} for
      </strong>{' '}
      <Link
        to="/w/$workspaceId/runs/$jobRunId"
        params={{ workspaceId, jobRunId: holder.job_run_id }}
        className={classes.strong}
        data-row-link
      >
        {name}
      </Link>
      {oldest && (
        <span className="quiet">
          the first of them created <Time at={oldest.created_at} />
        </span>
      )}
    </>
  );
  const actions = (
    <div className={classes.failingActions}>
      <ButtonLink
        size="compact-sm"
        variant="default"
        to="/w/$workspaceId/runs"
        params={{ workspaceId }}
        search={{ waiting_for: holder.job_run_id }}
      >
        View runs
      </ButtonLink>
      <CancelWaiting jobRunId={holder.job_run_id} name={name} />
    </div>
  );
  return (
    <AttentionRow head={head} actions={actions}>
      <span className="quiet">{oldest?.waiting?.reason}</span>
    </AttentionRow>
  );
}
