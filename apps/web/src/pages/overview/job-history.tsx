import type { JobOverviewResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import classes from './overview.module.css';
import { RunBars } from '../../ui/run-bars.tsx';
import { RunState } from '../../ui/state.tsx';
import { Section } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { shortenJobName } from '../../details/job-name.ts';

/** Maximum number of jobs. */
const maxShown = 10;

/** Recent runs of the jobs that ran last, one line per job. */
export function JobHistory({ jobs }: { jobs: readonly JobOverviewResponse[] }) {
  const { id: workspaceId } = useWorkspace();
  const shown = jobs.filter(({ last_run: run }) => run !== null).slice(0, maxShown);
  return (
    <Section
      title="History"
      aside={
        <Link to="/w/$workspaceId/jobs" params={{ workspaceId }}>
          All jobs
        </Link>
      }
    >
      <ul className={classes.rows}>
        {shown.map((job) => (
          <li key={job.id} className={classes.history} data-row>
            <span>{job.last_run !== null && <RunState status={job.last_run.status} compact />}</span>
            <Link
              to="/w/$workspaceId/jobs/$job"
              params={{ workspaceId, job: job.ref }}
              className={`${classes.strong} cut`}
              data-row-link
            >
              {shortenJobName(job.name)}
            </Link>
            <RunBars workspaceId={workspaceId} runs={job.recent_runs} />
            <span className={`quiet ${classes.historyAge}`}>
              {job.last_run !== null && <Time at={job.last_run.created_at} />}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
