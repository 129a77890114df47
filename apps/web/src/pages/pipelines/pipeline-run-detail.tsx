import type { DetailedPipelineRunResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import classes from './pipelines.module.css';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { DetailList } from '../../ui/page.tsx';
import { formatBytes, formatCount, formatDuration } from '../../ui/format.ts';
import { pipelineRun } from '../../data/data-queries.ts';
import { TableLink } from '../../details/table-link.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Details of a pipeline run: step durations, tables, failure and the job run. */
export function PipelineRunDetail({ pipelineRunId }: { pipelineRunId: string }) {
  const { id: workspaceId } = useWorkspace();
  const { data: run, error } = useQuery(pipelineRun(workspaceId, pipelineRunId));
  if (error) return <ErrorNotice error={error} />;
  if (!run) return <LoadingRows count={3} />;
  return (
    <div className={classes.detailBody}>
      <DetailList
        items={[
          ...stepDetails(run),
          ...(run.job_run_id == null
            ? []
            : [
                [
                  'Job run',
                  <Link
                    key="run"
                    to="/w/$workspaceId/runs/$jobRunId"
                    params={{ workspaceId, jobRunId: run.job_run_id }}
                    search={{ tab: 'pipelines' }}
                  >
                    Open job run
                  </Link>,
                ] as const,
              ]),
          ...(run.dlt_version == null ? [] : [['dlt', run.dlt_version] as const]),
        ]}
      />
      {run.status === 'failed' && (
        <pre className={classes.failedReason} tabIndex={0} aria-label="Traceback">
          {run.error_traceback ?? run.error_message ?? 'No reason reported.'}
        </pre>
      )}
      {run.tables !== undefined && run.tables.length > 0 && <RunTables run={run} tables={run.tables} />}
    </div>
  );
}

function stepDetails(run: DetailedPipelineRunResponse): (readonly [string, string])[] {
  const steps = [
    ['Extract', run.extract_duration_ms],
    ['Normalize', run.normalize_duration_ms],
    ['Load', run.load_duration_ms],
  ] as const;
  return steps.flatMap(([name, milliseconds]) =>
    milliseconds == null ? [] : [[name, formatDuration(milliseconds / 1000)] as const],
  );
}

interface RunTablesProps {
  run: DetailedPipelineRunResponse;
  tables: NonNullable<DetailedPipelineRunResponse['tables']>;
}

function RunTables({ run, tables }: RunTablesProps) {
  return (
    <table className={classes.runTables} aria-label="Tables of the run">
      <thead>
        <tr>
          <th scope="col">Table</th>
          <th scope="col" className="number">
            Rows
          </th>
          <th scope="col" className="number">
            Bytes
          </th>
          <th scope="col">Write mode</th>
        </tr>
      </thead>
      <tbody>
        {tables.map((each) => (
          <tr key={`${each.schema_name} ${each.table_name}`}>
            <th scope="row">
              <TableLink
                datasetName={run.dataset_name}
                tableName={each.table_name}
                pipelineName={run.pipeline_name}
              />
            </th>
            <td className="number">{each.rows_loaded == null ? '–' : formatCount(each.rows_loaded)}</td>
            <td className="number">{each.bytes_loaded == null ? '–' : formatBytes(each.bytes_loaded)}</td>
            <td className="quiet">{each.write_disposition}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
