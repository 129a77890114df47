import type { JobOverviewResponse, RunOverviewResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import classes from './overview.module.css';
import type { overviewQueries } from './overview-queries.ts';
import { RunCause } from '../runs/run-cause-line.tsx';
import { ErrorNotice } from '../../ui/answers.tsx';
import { formatCount, formatDuration } from '../../ui/format.ts';
import { RunningFor, useNow } from '../../ui/time.tsx';
import { RunOutcomeLine } from '../../details/run-outcome-line.tsx';
import { RunState } from '../../ui/state.tsx';
import { Section } from '../../ui/page.tsx';
import { usualSeconds } from './attention.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { shortenJobName } from '../../details/job-name.ts';

interface RunningNowProps {
  query: ReturnType<typeof overviewQueries>['active'];
  /** Jobs with recent runs, from which the usual duration is derived. */
  jobs: readonly JobOverviewResponse[];
}

/**
 * Active runs with their elapsed time and the usual duration of their job. Renders nothing without active
 * runs.
 */
export function RunningNow({ query, jobs }: RunningNowProps) {
  const { id: workspaceId } = useWorkspace();
  const { data, error } = useQuery(query);
  if (error) return <ErrorNotice error={error} />;
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Section
      title="Running now"
      aside={
        data.total > data.items.length && (
          <Link
            to="/w/$workspaceId/runs"
            params={{ workspaceId }}
            search={{ status: ['pending', 'starting', 'running', 'cancelling'] }}
          >
            View all {formatCount(data.total)}
          </Link>
        )
      }
    >
      <ul className={classes.rows}>
        {data.items.map((run) => (
          <ActiveRow key={run.id} run={run} usual={usualSeconds(jobs.find(({ id }) => id === run.job_id))} />
        ))}
      </ul>
    </Section>
  );
}

function ActiveRow({ run, usual }: { run: RunOverviewResponse; usual: number | null }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <li className={classes.active} data-row>
      <span className={classes.activeState}>
        <RunState status={run.status} />
      </span>
      <Link
        to="/w/$workspaceId/runs/$jobRunId"
        params={{ workspaceId, jobRunId: run.id }}
        className={classes.strong}
        data-row-link
      >
        {shortenJobName(run.job_name)} #{run.number}
      </Link>
      <span className={classes.activeTime}>
        {run.started_at === null ? (
          <span className="quiet">
            for <RunningFor since={run.created_at} />
          </span>
        ) : (
          <>
            <RunningFor since={run.started_at} />
            {usual !== null && <span className="quiet"> (usually {formatDuration(usual)})</span>}
          </>
        )}
      </span>
      {run.started_at !== null && usual !== null && <Progress since={run.started_at} usual={usual} />}
      <span className={classes.activeWhy}>
        <RunOutcomeLine run={run} />
      </span>
      <span className={`quiet ${classes.cause}`}>
        <RunCause run={run} />
      </span>
    </li>
  );
}

/** Elapsed share of the usual duration. It is full and changes colour when the run takes longer. */
function Progress({ since, usual }: { since: string; usual: number }) {
  const share = (useNow(1) - Date.parse(since)) / 1000 / Math.max(1, usual);
  return (
    <span className={classes.progress} aria-hidden="true" data-late={share > 1}>
      <span style={{ width: `${Math.min(100, Math.max(0, share * 100))}%` }} />
    </span>
  );
}
