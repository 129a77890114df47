import type { JobRunTimelineResponse, RunOverviewDetailResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import classes from './run.module.css';
import { countSilentMinutes } from './resource-charts.ts';
import { formatCount } from '../../ui/format.ts';
import { nameOfRun } from './selected-actions.ts';
import { Time, useNow } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Why the run was skipped. */
export function SkipNotice({ skip }: { skip: NonNullable<RunOverviewDetailResponse['skip']> }) {
  return (
    <div className={classes.notice} data-kind="skipped">
      <strong>Skipped:</strong> {skip.reasons.join('; ')}
      {skip.count > 1 && (
        <span className="quiet">
          {' '}
          Skipped {formatCount(skip.count)} times, most recently <Time at={skip.last_at} />.
        </span>
      )}
    </div>
  );
}

/** Notice that no server can see an active run, and what happens to it. */
export function UnknownNotice({ unknown }: { unknown: NonNullable<JobRunTimelineResponse['unknown']> }) {
  return (
    <div className={classes.notice} data-kind="pending">
      <strong>
        Unknown since <Time at={unknown.since} />.
      </strong>{' '}
      {unknown.detail}{' '}
      <span className="quiet">
        The process may still be running. It occupies no slot. If you cancel the run, it is marked as lost
        after a while.
      </span>
    </div>
  );
}

/** Notice that a running run has printed nothing for a while; nothing for others. */
export function SilentNotice({ timeline }: { timeline: JobRunTimelineResponse }) {
  const minutes = countSilentMinutes(timeline, useNow(timeline.status === 'running' ? 30 : 3600));
  if (minutes === null) return null;
  return (
    <div className={classes.notice} data-kind="pending">
      <strong>No output for {formatCount(minutes)} minutes.</strong>{' '}
      <span className="quiet">
        The run may wait for something that never comes, or work without printing.
      </span>
    </div>
  );
}

/** What a run waits for, with the active run that keeps it waiting. */
export function WaitNotice({ waiting }: { waiting: NonNullable<RunOverviewDetailResponse['waiting']> }) {
  const { id: workspaceId } = useWorkspace();
  // A server of the release before does not say it.
  const behind = waiting.behind ?? null;
  return (
    <div className={classes.notice} data-kind="pending">
      <strong>Waiting:</strong> {waiting.reason}
      {behind !== null && (
        <>
          {' '}
          <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: behind.job_run_id }}>
            View {nameOfRun(behind)}
          </Link>
        </>
      )}
      {waiting.until !== null && (
        <span className="quiet">
          {' '}
          Until <Time at={waiting.until} />.
        </span>
      )}
    </div>
  );
}
