import type { PipelineOverviewResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import classes from './pipelines.module.css';
import table from '../../ui/table.module.css';
import { describeTriggerShortly } from '../../details/run-cause.ts';
import { Empty } from '../../ui/answers.tsx';
import { formatBytes, formatCount } from '../../ui/format.ts';
import { Section } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Jobs that run a pipeline, and its state: cursors and pending load packages. */
export function JobsTab({ overview }: { overview: PipelineOverviewResponse }) {
  return (
    <>
      <FeedingJobs jobs={overview.jobs} />
      <Cursors tables={overview.tables} />
      <PendingPackages packages={overview.pending_packages} />
    </>
  );
}

function FeedingJobs({ jobs }: { jobs: PipelineOverviewResponse['jobs'] }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <Section title="Jobs">
      {jobs.length === 0 ? (
        <Empty title="No jobs run this pipeline">Deploy a job whose code runs this pipeline.</Empty>
      ) : (
        <div className={table.scroll}>
          <table className={table.table} aria-label="Jobs that run the pipeline">
            <thead>
              <tr>
                <th scope="col">Job</th>
                <th scope="col">Triggers</th>
                <th scope="col">Next run</th>
              </tr>
            </thead>
            <tbody>
              {jobs.map((job) => (
                <tr key={job.id} data-row>
                  <td>
                    <Link to="/w/$workspaceId/jobs/$job" params={{ workspaceId, job: job.id }} data-row-link>
                      {job.job_ref.replace(/^jobs\./, '')}
                    </Link>
                  </td>
                  <td>{job.triggers.map(describeTriggerShortly).join('; ')}</td>
                  <td data-label="Next run">
                    {job.is_archived ? (
                      <span className="quiet">archived</span>
                    ) : job.is_paused ? (
                      <span className="quiet">paused</span>
                    ) : job.next_scheduled_run_at === null ? (
                      <span className="quiet">not scheduled</span>
                    ) : (
                      <Time at={job.next_scheduled_run_at} />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}

function Cursors({ tables }: { tables: PipelineOverviewResponse['tables'] }) {
  const incremental = tables.filter((each) => each.incremental_columns.length > 0);
  return (
    <Section title="Cursors">
      {incremental.length === 0 ? (
        <Empty title="No incremental tables">
          With <code>dlt.sources.incremental</code>, a run loads only rows that are new since the previous
          run.
        </Empty>
      ) : (
        <ul className={classes.cursors}>
          {incremental.map((each) => (
            <li key={`${each.schema_name} ${each.table_name}`}>
              <span className="mono">{each.table_name}</span>: incremental on{' '}
              <span className="mono">{each.incremental_columns.join(', ')}</span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function PendingPackages({ packages }: { packages: PipelineOverviewResponse['pending_packages'] }) {
  return (
    <Section title="Pending load packages">
      {packages.length === 0 ? (
        <Empty title="None">The last run left no load packages in the pipeline folder.</Empty>
      ) : (
        <div className={table.scroll}>
          <table className={table.table} aria-label="Pending load packages">
            <thead>
              <tr>
                <th scope="col">Load ID</th>
                <th scope="col">Schema</th>
                <th scope="col">State</th>
                <th scope="col" className="number">
                  Rows
                </th>
                <th scope="col" className="number">
                  Bytes
                </th>
              </tr>
            </thead>
            <tbody>
              {packages.map((each) => (
                <tr key={each.load_id}>
                  <td className="mono">{each.load_id}</td>
                  <td>{each.schema_name}</td>
                  <td>{each.load_status}</td>
                  <td className="number">{formatCount(each.total_rows_loaded ?? 0)}</td>
                  <td className="number">{formatBytes(each.total_bytes_loaded ?? 0)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}
