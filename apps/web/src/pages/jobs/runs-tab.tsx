import type { RunOverviewResponse } from '@pumphouse/contract';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import classes from './job.module.css';
import table from '../../ui/table.module.css';
import { ClockTime, RunningFor } from '../../ui/time.tsx';
import { RunCause } from '../runs/run-cause-line.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { formatDuration, formatNoun } from '../../ui/format.ts';
import { JobTrends } from './job-trends.tsx';
import { MoreRows } from '../../ui/more-rows.tsx';
import { RunOutcomeLine } from '../../details/run-outcome-line.tsx';
import { runsOfJob } from './job-queries.ts';
import { RunState } from '../../ui/state.tsx';
import { useJob } from './use-job.ts';

/** Runs of a job, newest first, with charts of duration and rows. */
export function RunsTab() {
  const { workspaceId, jobId } = useJob();
  const { data, error, isPending, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } =
    useInfiniteQuery(runsOfJob(workspaceId, jobId));
  if (isPending) return <LoadingRows />;
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (data.items.length === 0) {
    return <Empty title="No runs yet">Run the job now, or see the Schedule tab for its next run.</Empty>;
  }
  return (
    <>
      <JobTrends listedRunCount={data.items.filter((run) => run.duration_seconds !== null).length} />
      <section className={table.frame} aria-label="Runs">
        <div className={table.scroll}>
          <table className={`${table.table} ${classes.runs}`}>
            <caption className="visually-hidden">Runs of the job</caption>
            <colgroup>
              <col className={classes.runState} />
              <col className={classes.runNumber} />
              <col className={classes.runTime} />
              <col className={classes.runDuration} />
              <col />
              <col className={classes.runCause} />
            </colgroup>
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Run</th>
                <th scope="col">Created</th>
                <th scope="col" className="number">
                  Duration
                </th>
                <th scope="col">Result</th>
                <th scope="col">Trigger</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((run) => (
                <RunRow key={run.id} run={run} />
              ))}
            </tbody>
          </table>
        </div>
        <MoreRows hasMore={hasNextPage} isLoading={isFetchingNextPage} onMore={() => void fetchNextPage()} />
      </section>
    </>
  );
}

function RunRow({ run }: { run: RunOverviewResponse }) {
  return (
    <tr data-row>
      <td>
        <RunState status={run.status} />
      </td>
      <td>
        <Link
          to="/w/$workspaceId/runs/$jobRunId"
          params={(params) => ({ workspaceId: params.workspaceId ?? '', jobRunId: run.id })}
          data-row-link
        >
          #{run.number}
        </Link>
        {run.attempt_count > 1 && <span className="quiet"> {formatNoun(run.attempt_count, 'attempt')}</span>}
      </td>
      <td>
        <ClockTime at={run.created_at} />
      </td>
      <td className="number">
        {run.duration_seconds !== null ? (
          formatDuration(run.duration_seconds)
        ) : run.started_at !== null ? (
          <RunningFor since={run.started_at} />
        ) : (
          '–'
        )}
      </td>
      <td data-wide="true">
        <RunOutcomeLine run={run} />
      </td>
      <td>
        <RunCause run={run} />
      </td>
    </tr>
  );
}
