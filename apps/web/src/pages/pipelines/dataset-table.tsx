import { Link } from '@tanstack/react-router';
import type { DatasetRow } from './dataset-rows.ts';
import classes from './pipelines.module.css';
import { FigureTable, type FigureColumn } from './figure-table.tsx';
import { FreshnessState } from '../../details/freshness-state.tsx';
import { LastChange } from './last-change.tsx';
import { PipelineRunState } from '../../ui/state.tsx';
import { LoadFigures, type SortedBy } from './load-figures.tsx';
import { Time } from '../../ui/time.tsx';

interface DatasetTableProps extends SortedBy {
  workspaceId: string;
  rows: readonly DatasetRow[];
  /** Time range of the figures: "30 days". */
  span: string;
}

const before: readonly FigureColumn[] = [
  { head: 'Dataset', first: 'name', width: '13%' },
  { head: 'Destination', width: '8%' },
  { head: 'Written by' },
  { head: 'Last load', first: '-last_run', width: '8rem' },
  { head: 'Freshness', width: '9rem' },
  { head: 'Tables', first: '-tables', isNumber: true, width: '4.5rem' },
];

export function DatasetTable({ workspaceId, rows, ...table }: DatasetTableProps) {
  return (
    <FigureTable label="Datasets" before={before} {...table}>
      {rows.map((row) => (
        <Row key={row.name} workspaceId={workspaceId} row={row} />
      ))}
    </FigureTable>
  );
}

function Row({ workspaceId, row }: { workspaceId: string; row: DatasetRow }) {
  const { name: datasetName, all, stats } = row;
  return (
    <tr data-row>
      <td>
        <Link
          to="/w/$workspaceId/datasets/$datasetName"
          params={{ workspaceId, datasetName }}
          className={classes.name}
          data-row-link
        >
          {datasetName}
        </Link>
      </td>
      <td className="quiet">{all.latest_destination_name}</td>
      <td>
        <Writers workspaceId={workspaceId} row={row} />
      </td>
      <td>
        {all.latest_status != null && <PipelineRunState status={all.latest_status} compact />}{' '}
        {all.latest_pipeline_run_at != null && (
          <span className="quiet">
            <Time at={all.latest_pipeline_run_at} />
          </span>
        )}
      </td>
      <td>
        {row.freshness && (
          <FreshnessState freshness={row.freshness} hasTime={all.latest_status === 'succeeded'} />
        )}
      </td>
      <td className="number" data-label="Tables">
        {all.table_count}
      </td>
      <LoadFigures stats={stats} daily={row.daily} />
      <td>
        <LastChange workspaceId={workspaceId} version={row.lastChange} />
      </td>
    </tr>
  );
}

/** The first pipeline that writes a dataset and the number of others; the dataset page lists all. */
function Writers({ workspaceId, row }: { workspaceId: string; row: DatasetRow }) {
  const [first] = row.pipelines;
  const pipelineName = first ?? row.all.latest_pipeline_name ?? null;
  if (pipelineName === null) return null;
  const others = row.pipelines.length - 1;
  return (
    <>
      <Link to="/w/$workspaceId/pipelines/$pipelineName" params={{ workspaceId, pipelineName }}>
        {pipelineName}
      </Link>
      {others > 0 && <span className="quiet"> and {others} more</span>}
    </>
  );
}
