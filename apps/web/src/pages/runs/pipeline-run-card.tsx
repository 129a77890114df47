import type { LoadPackageResponse, PipelineRunOfJobRun, PipelineRunTableResponse } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import classes from './run.module.css';
import table from '../../ui/table.module.css';
import { DetailList } from '../../ui/page.tsx';
import { formatBytes, formatCount, formatDuration, formatNoun } from '../../ui/format.ts';
import { isTableFailed, ownTables } from './pipeline-run-details.ts';
import { PipelineRunState } from '../../ui/state.tsx';
import { SchemaChangeChip } from '../../details/schema-change-chip.tsx';
import { TableLink } from '../../details/table-link.tsx';
import { StepBar } from './step-bar.tsx';
import { TracebackView } from './traceback-view.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

interface PipelineRunCardProps {
  run: PipelineRunOfJobRun;
  /** True if the run has several attempts, so that the card names its attempt. */
  hasAttempts: boolean;
}

/** A pipeline run: steps, tables, schema changes and failure. */
export function PipelineRunCard({ run, hasAttempts }: PipelineRunCardProps) {
  const { id: workspaceId } = useWorkspace();
  const tables = ownTables(run);
  // The type is a class name of dlt: `dlt.destinations.duckdb`.
  const destinationType = run.destination_type?.split('.').at(-1);
  const destination = [...new Set([run.destination_name, destinationType])].filter((each) => each != null);
  return (
    <section className={classes.card} aria-label={`Pipeline ${run.pipeline_name}`}>
      <header className={classes.cardHead}>
        <PipelineRunState status={run.status} />
        <h2 className={classes.cardTitle}>
          <Link
            to="/w/$workspaceId/pipelines/$pipelineName"
            params={{ workspaceId, pipelineName: run.pipeline_name }}
          >
            {run.pipeline_name}
          </Link>
        </h2>
        {run.dataset_name != null && (
          <span className="quiet">
            →{' '}
            <Link
              to="/w/$workspaceId/datasets/$datasetName"
              params={{ workspaceId, datasetName: run.dataset_name }}
            >
              {run.dataset_name}
            </Link>
          </span>
        )}
        {hasAttempts && <span className="quiet">attempt {run.attempt_number}</span>}
        <StepBar steps={run.steps} isNamed />
      </header>
      <DetailList
        items={[
          ['Rows loaded', formatCount(run.total_rows_loaded)],
          ['Rows extracted', formatCount(run.total_rows_extracted)],
          ['Bytes loaded', formatBytes(run.total_bytes_loaded)],
          ['Duration', run.duration_ms == null ? '–' : formatDuration(run.duration_ms / 1000)],
          ['Destination', destination.join(', ') || '–'],
          ['dlt', run.dlt_version ?? '–'],
          ['Python', run.python_version ?? '–'],
        ]}
      />
      {run.error_message != null && <PipelineError run={run} />}
      <SchemaChanges run={run} />
      {tables.length > 0 && <Tables run={run} tables={tables} />}
      <Packages packages={run.load_packages ?? []} />
    </section>
  );
}

function PipelineError({ run }: { run: PipelineRunOfJobRun }) {
  return (
    <div className={classes.cardPart}>
      <h3 className={classes.partTitle}>
        Failed{run.error_step != null && ` in ${run.error_step}`}
        {run.error_cause !== null && `: ${run.error_cause}`}
      </h3>
      {run.error_traceback == null ? (
        <pre className={classes.message}>{run.error_message}</pre>
      ) : (
        <TracebackView text={run.error_traceback} />
      )}
    </div>
  );
}

function SchemaChanges({ run }: { run: PipelineRunOfJobRun }) {
  const { id: workspaceId } = useWorkspace();
  return run.schema_changes.map((version) => (
    <div key={version.version_hash} className={classes.cardPart}>
      <h3 className={classes.partTitle}>
        Schema {version.schema_name}
        {version.version !== null && `, version ${version.version}`}
      </h3>
      <div className={classes.chips}>
        {version.changes.map((change, index) => (
          <SchemaChangeChip key={index} change={change} schemaName={version.schema_name} />
        ))}
        <Link
          to="/w/$workspaceId/pipelines/$pipelineName"
          params={{ workspaceId, pipelineName: run.pipeline_name }}
          search={{ tab: 'history', schema: version.schema_name, version: version.version_hash }}
        >
          {version.changes_total > version.changes.length
            ? `View all ${formatCount(version.changes_total)} changes`
            : 'View history'}
        </Link>
      </div>
    </div>
  ));
}

function Tables({ run, tables }: { run: PipelineRunOfJobRun; tables: readonly PipelineRunTableResponse[] }) {
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">Table</th>
            <th scope="col">State</th>
            <th scope="col">Write mode</th>
            <th scope="col" className="number">
              Rows loaded
            </th>
            <th scope="col" className="number">
              Rows extracted
            </th>
            <th scope="col" className="number">
              Bytes loaded
            </th>
            <th scope="col" className="number">
              Bytes extracted
            </th>
            <th scope="col" className="number">
              Load
            </th>
          </tr>
        </thead>
        <tbody>
          {tables.map((each) => (
            <tr key={`${each.schema_name} ${each.table_name}`} data-failed={isTableFailed(each) || undefined}>
              <td className={classes.tableName}>
                <TableLink
                  datasetName={run.dataset_name}
                  tableName={each.table_name}
                  pipelineName={run.pipeline_name}
                />
              </td>
              <td>{describeState(each)}</td>
              <td>{each.write_disposition ?? ''}</td>
              <td className="number" data-label="rows">
                {each.rows_loaded == null ? '' : formatCount(each.rows_loaded)}
              </td>
              <td className="number" data-label="extracted">
                {each.rows_extracted == null ? '' : formatCount(each.rows_extracted)}
              </td>
              <td className="number" data-label="bytes">
                {each.bytes_loaded == null ? '' : formatBytes(each.bytes_loaded)}
              </td>
              <td className="number">
                {each.bytes_extracted == null ? '' : formatBytes(each.bytes_extracted)}
              </td>
              <td className="number">
                {each.load_duration_ms == null ? '' : formatDuration(each.load_duration_ms / 1000)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function describeState(each: PipelineRunTableResponse) {
  if (isTableFailed(each)) return <span className={classes.failedWord}>✕ Failed</span>;
  return <span className="quiet">{each.rows_loaded == null ? 'Extracted' : 'Loaded'}</span>;
}

function Packages({ packages }: { packages: readonly LoadPackageResponse[] }) {
  if (packages.length === 0) return null;
  return (
    <div className={classes.cardPart}>
      <h3 className={classes.partTitle}>Load packages</h3>
      <ul className={classes.packages}>
        {packages.map((each) => (
          <li key={each.load_id}>
            <span className="mono">{each.load_id}</span> {describePackage(each)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function describePackage(each: LoadPackageResponse): string {
  const { job_count: jobs, failed_job_count: failed, total_rows_loaded: rows } = each;
  return [
    each.load_status,
    jobs != null && formatNoun(jobs, 'load job'),
    failed != null && failed > 0 && `${formatCount(failed)} failed`,
    rows != null && formatNoun(rows, 'row'),
    each.has_schema_migration === true && 'changed the schema',
    each.is_pending === true && 'not loaded by this run',
  ]
    .filter((part) => typeof part === 'string')
    .join(' · ');
}
