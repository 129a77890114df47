import { Link } from '@tanstack/react-router';
import type { PipelineRow } from './pipeline-rows.ts';
import classes from './pipelines.module.css';
import table from '../../look/table.module.css';
import { formatDuration } from '../../look/format.ts';
import { FreshnessState } from '../../facts/freshness-state.tsx';
import { LastChange } from './last-change.tsx';
import { LastRun } from './last-run.tsx';
import { LoadFigureColumns, LoadFigureHeaders, LoadFigures } from './load-figures.tsx';
import { SortHeader } from '../../look/sort-header.tsx';

interface PipelineTableProps {
  workspaceId: string;
  rows: readonly PipelineRow[];
  /** "30 days": what the figures are of. */
  span: string;
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
}

export function PipelineTable({ workspaceId, rows, span, sort, onSort }: PipelineTableProps) {
  const header = { sort, onSort };
  return (
    <div className={table.scroll}>
      <table className={`${table.table} ${classes.list}`} aria-label={`Pipelines, with figures of ${span}`}>
        <colgroup>
          <col style={{ width: '11%' }} />
          <col style={{ width: '12%' }} />
          <col />
          <col style={{ width: '9rem' }} />
          <LoadFigureColumns />
          <col style={{ width: '4.6rem' }} />
          <col style={{ width: '16%' }} />
        </colgroup>
        <thead>
          <tr>
            <SortHeader {...header} first="name">
              Pipeline
            </SortHeader>
            <th scope="col">Loads into</th>
            <SortHeader {...header} first="-last_run">
              Last run
            </SortHeader>
            <SortHeader {...header} first="freshness">
              Freshness
            </SortHeader>
            <LoadFigureHeaders {...header} />
            <SortHeader {...header} first="-duration" isNumber>
              Takes
            </SortHeader>
            <SortHeader {...header} first="-schema">
              Schema
            </SortHeader>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.pipeline_name} workspaceId={workspaceId} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ workspaceId, row }: { workspaceId: string; row: PipelineRow }) {
  const { pipeline_name: pipelineName, stats } = row;
  return (
    <tr data-row>
      <td>
        <Link
          to="/w/$workspaceId/pipelines/$pipelineName"
          params={{ workspaceId, pipelineName }}
          className={classes.name}
          data-row-link
        >
          {pipelineName}
        </Link>
      </td>
      <td>
        <Target
          workspaceId={workspaceId}
          datasetName={row.dataset_name}
          destinationName={row.destination_name}
        />
      </td>
      <td data-wide="true">
        <LastRun run={row.last_run} />
      </td>
      <td>
        <FreshnessState
          freshness={row.freshness}
          lastStatus={row.last_run?.status}
          hasTime={row.last_run?.status === 'succeeded'}
        />
      </td>
      <LoadFigures stats={stats} daily={row.daily} />
      <td className={`number ${classes.roomy}`} data-label="Takes">
        {stats?.average_duration_ms != null && formatDuration(stats.average_duration_ms / 1000)}
      </td>
      <td>
        <LastChange workspaceId={workspaceId} version={row.lastChange} />
      </td>
    </tr>
  );
}

interface TargetProps {
  workspaceId: string;
  datasetName: string | null;
  destinationName: string | null;
}

/** Where a pipeline writes: nothing is known of it before something was loaded. */
function Target({ workspaceId, datasetName, destinationName }: TargetProps) {
  return (
    <>
      {datasetName !== null && (
        <Link to="/w/$workspaceId/datasets/$datasetName" params={{ workspaceId, datasetName }}>
          {datasetName}
        </Link>
      )}
      {destinationName !== null && <span className="quiet"> in {destinationName}</span>}
    </>
  );
}
