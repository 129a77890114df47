import { Link } from '@tanstack/react-router';
import type { DatasetRow } from './dataset-rows.ts';
import classes from '../pipelines/pipelines.module.css';
import table from '../../look/table.module.css';
import { FreshnessState } from '../../facts/freshness-state.tsx';
import { LastChange } from '../pipelines/last-change.tsx';
import { PipelineRunState } from '../../look/state.tsx';
import { LoadFigureColumns, LoadFigureHeaders, LoadFigures } from '../pipelines/load-figures.tsx';
import { SortHeader } from '../../look/sort-header.tsx';
import { Time } from '../../look/time.tsx';

interface DatasetTableProps {
  workspaceId: string;
  rows: readonly DatasetRow[];
  /** "30 days": what the figures are of. */
  span: string;
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
}

export function DatasetTable({ workspaceId, rows, span, sort, onSort }: DatasetTableProps) {
  const header = { sort, onSort };
  return (
    <div className={table.scroll}>
      <table className={`${table.table} ${classes.list}`} aria-label={`Datasets, with figures of ${span}`}>
        <colgroup>
          <col style={{ width: '13%' }} />
          <col style={{ width: '8%' }} />
          <col />
          <col style={{ width: '8rem' }} />
          <col style={{ width: '9rem' }} />
          <col style={{ width: '4.5rem' }} />
          <LoadFigureColumns />
          <col style={{ width: '16%' }} />
        </colgroup>
        <thead>
          <tr>
            <SortHeader {...header} first="name">
              Dataset
            </SortHeader>
            <th scope="col">In</th>
            <th scope="col">Written by</th>
            <SortHeader {...header} first="-last_run">
              Last load
            </SortHeader>
            <th scope="col">Freshness</th>
            <SortHeader {...header} first="-tables" isNumber>
              Tables
            </SortHeader>
            <LoadFigureHeaders {...header} />
            <SortHeader {...header} first="-schema">
              Schema
            </SortHeader>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.name} workspaceId={workspaceId} row={row} />
          ))}
        </tbody>
      </table>
    </div>
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
          <FreshnessState
            freshness={row.freshness}
            lastStatus={all.latest_status ?? undefined}
            hasTime={all.latest_status === 'succeeded'}
          />
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

/** The first pipelines that write a dataset; the others are counted, and its page has them. */
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
