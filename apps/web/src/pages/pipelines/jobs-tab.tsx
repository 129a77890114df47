import type { PipelineOverviewResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import classes from './pipelines.module.css';
import table from '../../ui/table.module.css';
import { describeTriggerShortly } from '../../details/run-cause.ts';
import { Empty } from '../../ui/answers.tsx';
import { pendingOfPipeline } from './pending-queries.ts';
import { PendingTable } from './pending-table.tsx';
import { Section } from '../../ui/page.tsx';
import { Time } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Jobs that run a pipeline, and its state: cursors and pending load packages. */
export function JobsTab({ overview }: { overview: PipelineOverviewResponse }) {
  return (
    <>
      <FeedingJobs jobs={overview.jobs} />
      <Cursors tables={overview.tables} />
      <PendingPackages pipelineName={overview.pipeline_name} />
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

function PendingPackages({ pipelineName }: { pipelineName: string }) {
  const { id: workspaceId } = useWorkspace();
  const { data } = useQuery(pendingOfPipeline(workspaceId, pipelineName));
  const packages = data?.packages ?? [];
  return (
    <Section title="Pending load packages">
      {packages.length === 0 ? (
        <Empty title="None">No run left load packages that it had extracted and not loaded.</Empty>
      ) : (
        <PendingTable packages={packages} />
      )}
    </Section>
  );
}
