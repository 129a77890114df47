import {
  isTerminalRunState,
  resultRunOfJob,
  statusOfJob,
  type JobOverviewResponse,
  type NextStartResponse,
} from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { Fragment, memo } from 'react';
import classes from './jobs.module.css';
import { ActionResultLine } from './action-result.tsx';
import { describeNextStart } from './next-start.ts';
import { formatDuration } from '../../ui/format.ts';
import { nameTriggerZone } from '../../details/trigger-zone.ts';
import { JobRowActions } from './job-actions.tsx';
import { RunBars } from '../../ui/run-bars.tsx';
import { RunningFor, Time } from '../../ui/time.tsx';
import { RunOutcomeLine } from '../../details/run-outcome-line.tsx';
import { RunState } from '../../ui/state.tsx';
import { useJobActions } from './use-job-actions.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { StarMark } from '../../ui/star-mark.tsx';
import { shortenJobName } from '../../details/job-name.ts';

interface JobRowProps {
  job: JobOverviewResponse;
  nextStart: NextStartResponse | undefined;
}

/** Number of columns. */
export const jobColumnCount = 7;

/** A job in the list: last run and its result, previous runs, next run and actions. */
export const JobRow = memo(function JobRow({ job, nextStart }: JobRowProps) {
  const { id: workspaceId } = useWorkspace();
  const actions = useJobActions(job.id);
  const { last_run: lastRun } = job;
  const status = statusOfJob(job);
  const name = shortenJobName(job.name);
  return (
    <Fragment>
      <tr data-row>
        <td className={classes.state}>{status !== null && <RunState status={status} compact />}</td>
        <td className={classes.name}>
          <div className={classes.nameLine}>
            <Link
              to="/w/$workspaceId/jobs/$job"
              params={{ workspaceId, job: job.ref }}
              className={classes.nameLink}
              title={job.ref}
              data-row-link
            >
              {name}
            </Link>
            {job.is_starred && <StarMark />}
            <span className={classes.tags}>
              {job.job_type === 'interactive' && (
                <Link
                  to="/w/$workspaceId/apps/$jobId"
                  params={{ workspaceId, jobId: job.id }}
                  className={classes.tag}
                  aria-label={`App ${name}`}
                >
                  App
                </Link>
              )}
              {job.tags.map((tag) => (
                <Link
                  key={tag}
                  to="."
                  search={{ tags: [tag] }}
                  className={classes.tag}
                  title={`Jobs tagged ${tag}`}
                >
                  {tag}
                </Link>
              ))}
            </span>
          </div>
        </td>
        <td className={classes.last}>{lastRun !== null && <LastRun run={lastRun} />}</td>
        <td data-wide="true" className={classes.outcome}>
          <Result job={job} />
        </td>
        <td className={classes.history}>
          {job.recent_runs.length > 0 && <RunBars workspaceId={workspaceId} runs={job.recent_runs} />}
        </td>
        <td className={classes.next}>
          <NextStart job={job} start={nextStart} />
        </td>
        <td className={classes.actions}>
          <JobRowActions job={{ ...job, name, hasFreshness: true }} lastRun={lastRun} actions={actions} />
        </td>
      </tr>
      {actions.result !== null && (
        <tr className={classes.resultRow}>
          <td colSpan={jobColumnCount} data-wide="true">
            <ActionResultLine result={actions.result} onPutAway={actions.putAway} />
          </td>
        </tr>
      )}
    </Fragment>
  );
});

/** A failure stays until the job completes, whatever was skipped or cancelled since. */
function Result({ job }: { job: JobOverviewResponse }) {
  const run = resultRunOfJob(job);
  if (run === null) return <span className="quiet">No runs yet</span>;
  const isBefore = run.status === 'failed' && (run.id !== job.last_run?.id || job.last_skipped_run !== null);
  return (
    <>
      {isBefore && <span className="quiet">Failed before: </span>}
      <RunOutcomeLine run={run} />
    </>
  );
}

function LastRun({ run }: { run: NonNullable<JobOverviewResponse['last_run']> }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <span className="linked-text">
      <Link to="/w/$workspaceId/runs/$jobRunId" params={{ workspaceId, jobRunId: run.id }}>
        #{run.number}
      </Link>{' '}
      <span className="quiet">
        <Time at={run.finished_at ?? run.started_at ?? run.created_at} />
        {' · '}
        {isTerminalRunState(run.status) ? (
          run.duration_seconds === null ? (
            'not started'
          ) : (
            formatDuration(run.duration_seconds)
          )
        ) : run.started_at === null ? (
          run.status
        ) : (
          <>
            for <RunningFor since={run.started_at} />
          </>
        )}
      </span>
    </span>
  );
}

function NextStart({ job, start }: { job: JobOverviewResponse; start: NextStartResponse | undefined }) {
  const { at, trigger, zone, blocked } = describeNextStart(job, start);
  const inZone = nameTriggerZone(trigger, at, zone);
  return (
    <span className={classes.nextText} title={blocked ?? inZone}>
      {at !== null && (
        <>
          <Time at={at} />{' '}
        </>
      )}
      {blocked === null ? (
        <span className="quiet">
          {job.paused_at === null ? (
            inZone
          ) : (
            <>
              {'paused since '}
              <Time at={job.paused_at} />
            </>
          )}
        </span>
      ) : (
        <span className={classes.blocked}>
          <span aria-hidden="true">⚠ </span>
          {blocked}
        </span>
      )}
    </span>
  );
}
