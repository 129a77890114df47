import type { TableOverviewResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import classes from './table-page.module.css';
import table from '../../../ui/table.module.css';
import { describeTriggerShortly } from '../../../details/run-cause.ts';
import { downstreamOfTable } from './table-queries.ts';
import { Empty } from '../../../ui/answers.tsx';
import { RunState } from '../../../ui/state.tsx';
import { Section } from '../../../ui/page.tsx';
import { shortenJobName } from '../../../details/job-name.ts';
import { Time } from '../../../ui/time.tsx';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

/** The jobs that load the table, and those that start after them. */
export function TableJobs({ overview }: { overview: TableOverviewResponse }) {
  return (
    <div className={classes.jobs}>
      <LoadingJobs jobs={overview.jobs} />
      <DownstreamJobs overview={overview} />
    </div>
  );
}

function LoadingJobs({ jobs }: { jobs: TableOverviewResponse['jobs'] }) {
  return (
    <Section title="Loaded by">
      {jobs.length === 0 ? (
        <Empty title="No jobs load this table">The jobs that loaded it were deleted.</Empty>
      ) : (
        <JobTable label="Jobs that load the table" heads={['Job', 'Triggers', 'Next run']}>
          {jobs.map((job) => (
            <tr key={`${job.id} ${job.pipeline_name}`} data-row>
              <td>
                <JobLink reference={job.job_ref} />
              </td>
              <td className="quiet">{job.triggers.map(describeTriggerShortly).join('; ')}</td>
              <td className="quiet" data-label="Next run">
                {job.is_archived ? (
                  'archived'
                ) : job.is_paused ? (
                  'paused'
                ) : job.next_scheduled_run_at === null ? (
                  'not scheduled'
                ) : (
                  <Time at={job.next_scheduled_run_at} />
                )}
              </td>
            </tr>
          ))}
        </JobTable>
      )}
    </Section>
  );
}

function DownstreamJobs({ overview }: { overview: TableOverviewResponse }) {
  const { id: workspaceId } = useWorkspace();
  const { dataset_name: datasetName, table_name: tableName } = overview;
  const { data } = useQuery(downstreamOfTable({ workspaceId, datasetName, tableName }));
  const jobs = data?.nodes.flatMap(({ job }) => job ?? []);
  return (
    <Section title="Downstream">
      {jobs?.length === 0 && (
        <Empty title="No downstream jobs">
          Jobs that start after a job that loads this table, or wait for its freshness, appear here.
        </Empty>
      )}
      {jobs !== undefined && jobs.length > 0 && (
        <JobTable label="Jobs downstream of the table" heads={['Job', 'Last run']}>
          {jobs.map(({ id, ref, last_run: last }) => (
            <tr key={id} data-row>
              <td>
                <JobLink reference={ref} />
              </td>
              <td className="quiet">
                {last === null ? (
                  'no runs'
                ) : (
                  <>
                    <RunState status={last.status} /> <Time at={last.finished_at ?? last.created_at} />
                  </>
                )}
              </td>
            </tr>
          ))}
        </JobTable>
      )}
    </Section>
  );
}

interface JobTableProps {
  label: string;
  heads: readonly string[];
  children: ReactNode;
}

function JobTable({ label, heads, children }: JobTableProps) {
  return (
    <div className={table.scroll}>
      <table className={table.table} aria-label={label}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function JobLink({ reference }: { reference: string }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <Link to="/w/$workspaceId/jobs/$job" params={{ workspaceId, job: reference }} data-row-link>
      {shortenJobName(reference)}
    </Link>
  );
}
