import type { JobRunLifeResponse, RunOverviewDetailResponse } from '@pumphouse/contract';
import classes from './run.module.css';
import { formatCount } from '../../look/format.ts';
import { Time } from '../../look/time.tsx';

/** Why nothing was started. */
export function SkipNotice({ skip }: { skip: NonNullable<RunOverviewDetailResponse['skip']> }) {
  return (
    <div className={classes.notice} data-kind="skipped">
      <strong>Nothing was started.</strong> {skip.reasons.join('; ')}
      {skip.count > 1 && (
        <span className="quiet">
          {' '}
          This stands for {formatCount(skip.count)} starts, the last of them <Time at={skip.last_at} />.
        </span>
      )}
    </div>
  );
}

/** That no server can see where an active run goes on, and what becomes of it. */
export function UnknownNotice({ unknown }: { unknown: NonNullable<JobRunLifeResponse['unknown']> }) {
  return (
    <div className={classes.notice} data-kind="pending">
      <strong>
        Unknown since <Time at={unknown.since} />.
      </strong>{' '}
      {unknown.detail}{' '}
      <span className="quiet">
        The run may still go on and takes no slot. If you cancel it, it ends as lost after a while.
      </span>
    </div>
  );
}

/** What a run that is pending waits for. */
export function WaitNotice({ waiting }: { waiting: NonNullable<JobRunLifeResponse['waiting']> }) {
  return (
    <div className={classes.notice} data-kind="pending">
      <strong>It waits.</strong> {waiting.reason}
      {waiting.until !== null && (
        <span className="quiet">
          {' '}
          Until <Time at={waiting.until} />.
        </span>
      )}
    </div>
  );
}
