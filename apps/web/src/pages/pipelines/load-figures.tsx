import type { DailySums } from '@pumphouse/contract';
import classes from './pipelines.module.css';
import { DayBars } from '../../charts/day-bars.tsx';
import { formatBytes, formatCompactCount, formatPercent } from '../../ui/format.ts';
import { SortHeader } from '../../ui/sort-header.tsx';

/** Column widths of the load figures. */
export function LoadFigureColumns() {
  return (
    <>
      <col style={{ width: '4.8rem' }} />
      <col style={{ width: '4.6rem' }} />
      <col style={{ width: '7.4rem' }} />
      <col style={{ width: '4.6rem' }} />
    </>
  );
}

/** Sort state of a list and its change handler. */
export interface SortedBy {
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
}

/** Columns that pipelines and datasets share: success ratio and loaded data. */
export function LoadFigureHeaders(header: SortedBy) {
  return (
    <>
      <SortHeader {...header} first="success" isNumber>
        Success
      </SortHeader>
      <SortHeader {...header} first="-rows" isNumber>
        Rows
      </SortHeader>
      <th scope="col">By day</th>
      <SortHeader {...header} first="-bytes" isNumber>
        Bytes
      </SortHeader>
    </>
  );
}

/** Totals of a time window. */
interface LoadStats {
  success_ratio: number;
  succeeded_pipeline_run_count: number;
  total_pipeline_run_count: number;
  total_rows_loaded: number;
  total_bytes_loaded: number;
}

interface LoadFiguresProps {
  /** Null if there were no runs. */
  stats: LoadStats | null;
  daily: DailySums | null;
}

export function LoadFigures({ stats, daily }: LoadFiguresProps) {
  return (
    <>
      <td className="number" data-label="Success">
        {stats && (
          <span title={`${stats.succeeded_pipeline_run_count} of ${stats.total_pipeline_run_count} runs`}>
            {formatPercent(stats.success_ratio)}
          </span>
        )}
      </td>
      <td className="number" data-label="Rows">
        {stats && formatCompactCount(stats.total_rows_loaded)}
      </td>
      <td className={classes.roomy}>
        {daily && <DayBars values={daily.total_rows_loaded} noun="rows loaded" />}
      </td>
      <td className={`number ${classes.roomy}`} data-label="Bytes">
        {stats && formatBytes(stats.total_bytes_loaded)}
      </td>
    </>
  );
}
