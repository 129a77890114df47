import { Link } from '@tanstack/react-router';
import type { DatasetRow } from './dataset-rows.ts';
import classes from '../pipelines/pipelines.module.css';
import table from '../../look/table.module.css';
import { DayBars } from '../../charts/day-bars.tsx';
import { formatBytes, formatCompactCount, formatPercent } from '../../look/format.ts';
import { FreshnessState } from '../../facts/freshness-state.tsx';
import { LastChange } from '../pipelines/last-change.tsx';
import { PipelineRunState } from '../../look/state.tsx';
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
          <col style={{ width: '5rem' }} />
          <col style={{ width: '4.5rem' }} />
          <col style={{ width: '4.6rem' }} />
          <col style={{ width: '7.4rem' }} />
          <col style={{ width: '4.6rem' }} />
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
            <SortHeader {...header} first="success" isNumber>
              Success
            </SortHeader>
            <SortHeader {...header} first="-tables" isNumber>
              Tables
            </SortHeader>
            <SortHeader {...header} first="-rows" isNumber>
              Rows
            </SortHeader>
            <th scope="col">By day</th>
            <SortHeader {...header} first="-bytes" isNumber>
              Bytes
            </SortHeader>
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
      <td className="number" data-label="Success">
        {stats && formatPercent(stats.success_ratio)}
      </td>
      <td className="number" data-label="Tables">
        {all.table_count}
      </td>
      <td className="number" data-label="Rows">
        {stats && formatCompactCount(stats.total_rows_loaded)}
      </td>
      <td className={classes.roomy}>
        {row.daily && <DayBars values={row.daily.total_rows_loaded} noun="rows loaded" />}
      </td>
      <td className={`number ${classes.roomy}`}>{stats && formatBytes(stats.total_bytes_loaded)}</td>
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
