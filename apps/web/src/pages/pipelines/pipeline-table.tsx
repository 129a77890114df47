import { Link } from '@tanstack/react-router';
import type { PipelineRow } from './pipeline-rows.ts';
import classes from './pipelines.module.css';
import { formatDuration } from '../../ui/format.ts';
import { FigureTable, type FigureColumn } from './figure-table.tsx';
import { FreshnessState } from '../../details/freshness-state.tsx';
import { LastChange } from './last-change.tsx';
import { LastRun } from './last-run.tsx';
import { LoadFigures, type SortedBy } from './load-figures.tsx';

interface PipelineTableProps extends SortedBy {
  workspaceId: string;
  rows: readonly PipelineRow[];
  /** Time range of the figures: "30 days". */
  span: string;
}

const before: readonly FigureColumn[] = [
  { head: 'Pipeline', first: 'name', width: '11%' },
  { head: 'Loads into', width: '14.5%' },
  { head: 'Last run', first: '-last_run' },
  { head: 'Freshness', first: 'freshness', width: '9rem' },
];
const after: readonly FigureColumn[] = [
  { head: 'Duration', first: '-duration', isNumber: true, width: '6.4rem' },
];

export function PipelineTable({ workspaceId, rows, ...table }: PipelineTableProps) {
  return (
    <FigureTable label="Pipelines" before={before} after={after} {...table}>
      {rows.map((row) => (
        <Row key={row.pipeline_name} workspaceId={workspaceId} row={row} />
      ))}
    </FigureTable>
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
        <FreshnessState freshness={row.freshness} hasTime={row.last_run?.status === 'succeeded'} />
      </td>
      <LoadFigures stats={stats} daily={row.daily} />
      <td className={`number ${classes.roomy}`} data-label="Duration">
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

/** Dataset and destination of a pipeline; unknown before its first load. */
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
