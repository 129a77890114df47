import type { NextStartResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import classes from './overview.module.css';
import type { overviewQueries } from './overview-queries.ts';
import { ClockTime, Time } from '../../ui/time.tsx';
import { Empty, ErrorNotice } from '../../ui/answers.tsx';
import { Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { shortenJobName } from '../../details/job-name.ts';
import { nameTriggerZone } from '../../details/trigger-zone.ts';
import { shownZone } from '../../ui/time-zone.ts';

/** Next starts of all jobs in chronological order, with blocking reasons. */
export function NextStarts({ query }: { query: ReturnType<typeof overviewQueries>['starts'] }) {
  const { data, error } = useQuery(query);
  return (
    <Section title="Next up" aside={<span className="quiet">{shownZone()}</span>}>
      {error && <ErrorNotice error={error} />}
      {data?.items.length === 0 && (
        <Empty title="No scheduled runs">
          No active job has a schedule. Add a trigger such as <code>schedule:0 6 * * *</code> to a job and
          deploy.
        </Empty>
      )}
      <ul className={classes.rows}>
        {data?.items.map((start, index) => (
          <StartRow key={`${start.job.id} ${start.trigger} ${start.job_run_id ?? index}`} start={start} />
        ))}
      </ul>
    </Section>
  );
}

const waitingLabels: Record<string, string> = {
  queue: 'waiting for capacity',
  pending: 'waiting for a slot',
  promise: 'waiting for upstream jobs',
  retry: 'retry',
};

function StartRow({ start }: { start: NextStartResponse }) {
  const { id: workspaceId } = useWorkspace();
  const { at, job, blocked, job_run_id: jobRunId, job_run_number: number } = start;
  return (
    <li className={classes.start} data-row>
      <span className={classes.startAt}>
        {at === null ? 'waiting' : <ClockTime at={at} jobZone={start.time_zone} />}
      </span>
      <span className={`quiet ${classes.startIn}`}>{at !== null && <Time at={at} />}</span>
      {jobRunId === null ? (
        <Link
          to="/w/$workspaceId/jobs/$job"
          params={{ workspaceId, job: job.ref }}
          className={`${classes.strong} cut`}
          data-row-link
        >
          {shortenJobName(job.name)}
        </Link>
      ) : (
        <Link
          to="/w/$workspaceId/runs/$jobRunId"
          params={{ workspaceId, jobRunId }}
          className={`${classes.strong} ${classes.startRun}`}
          data-row-link
        >
          <span className="cut">{shortenJobName(job.name)}</span> <span>#{number}</span>
        </Link>
      )}
      <span className={`cut ${classes.startWhy}`} title={blocked?.detail ?? start.trigger}>
        {blocked === null ? (
          <span className="quiet">
            {waitingLabels[start.source] ?? nameTriggerZone(start.trigger_text, at, start.time_zone)}
            {start.last_failed && ' · last run failed'}
          </span>
        ) : (
          <>
            <span className={classes.old} aria-hidden="true">
              ⚠{' '}
            </span>
            {blocked.detail}
          </>
        )}
      </span>
    </li>
  );
}
