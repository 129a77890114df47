import type { TableLoad, TableOverviewResponse } from '@pumphouse/contract';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import table from '../../../ui/table.module.css';
import { Empty } from '../../../ui/answers.tsx';
import { formatBytes, formatCount, formatLast } from '../../../ui/format.ts';
import { RunLink } from './run-link.tsx';
import { Section, Strip } from '../../../ui/page.tsx';
import { Time, useNow } from '../../../ui/time.tsx';
import { toLoadTrend } from './table-rows.ts';
import { TrendChart } from '../../../charts/trend-chart.tsx';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

const daySeconds = 86_400;
/** Number of loads in the list; the chart has all of them. */
const listed = 8;

/** Rows of each load as a chart. */
export function LoadChart({ overview: { loads } }: { overview: TableOverviewResponse }) {
  const { id: workspaceId } = useWorkspace();
  const navigate = useNavigate();
  const nowMs = useNow(daySeconds);
  const trend = useMemo(() => toLoadTrend(loads, new Date(nowMs)), [loads, nowMs]);
  const openRun = (index: number) => {
    const run = loads.at(-1 - index)?.job_run;
    if (run)
      void navigate({
        to: '/w/$workspaceId/runs/$jobRunId',
        params: { workspaceId, jobRunId: run.id },
        search: { tab: 'pipelines' },
      });
  };
  if (loads.length === 0) return null;
  return (
    <Strip label={formatLast(loads.length, 'load')}>
      <TrendChart title="Rows per load" trend={trend} heightPx={64} onPick={openRun} />
    </Strip>
  );
}

/** The last loads as a list. */
export function LoadSection({
  overview: { loads, loads_run_count: runCount },
}: {
  overview: TableOverviewResponse;
}) {
  return (
    <Section
      title="Last loads"
      aside={
        <span className="quiet">
          of the {formatLast(runCount, 'successful run').toLowerCase()} of each pipeline
        </span>
      }
    >
      {loads.length === 0 ? (
        <Empty title="No loads">No stored run reported how many rows it loaded into this table.</Empty>
      ) : (
        <LoadList loads={loads.slice(0, listed)} />
      )}
    </Section>
  );
}

function LoadList({ loads }: { loads: readonly TableLoad[] }) {
  return (
    <div className={table.scroll}>
      <table className={table.table} aria-label="Last loads">
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">Loaded</th>
            <th scope="col" className="number">
              Rows
            </th>
            <th scope="col" className="number">
              Bytes
            </th>
          </tr>
        </thead>
        <tbody>
          {loads.map((load) => (
            <tr key={`${load.pipeline_run_id} ${load.schema_name}`} data-row>
              <td>
                <RunLink run={load.job_run} isRow />
              </td>
              <td className="quiet">
                <Time at={load.loaded_at} />
              </td>
              <td className="number" data-label="Rows">
                {formatCount(load.rows_loaded)}
              </td>
              <td className="number" data-label="Bytes">
                {load.bytes_loaded === null ? '–' : formatBytes(load.bytes_loaded)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
