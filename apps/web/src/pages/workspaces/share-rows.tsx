import type { UsageByJobResponse } from '@pumphouse/contract';
import type { ReactNode } from 'react';
import { formatCount, formatDuration, formatPercent } from '../../ui/format.ts';
import table from '../../ui/table.module.css';
import classes from './usage.module.css';

interface Share {
  id: string;
  name: ReactNode;
  total: UsageByJobResponse['jobs'][number]['total'];
}

interface ShareRowsProps {
  /** Header of the name column: "Job". */
  what: string;
  rows: readonly Share[];
  /** Total seconds, including those of rows that are not shown. */
  wholeSeconds: number;
}

/** Share of each row in the total run time, largest first. */
export function ShareRows({ what, rows, wholeSeconds }: ShareRowsProps) {
  return (
    <div className={table.scroll}>
      <table className={table.table}>
        <thead>
          <tr>
            <th scope="col">{what}</th>
            <th scope="col" className="number">
              Run time
            </th>
            <th scope="col" className="number">
              Share
            </th>
            <th scope="col" className="number">
              Completed
            </th>
            <th scope="col" className="number">
              Failed
            </th>
            <th scope="col" className="number">
              Cancelled
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, name, total }) => (
            <tr key={id}>
              <td data-wide="true">{name}</td>
              <td className="number">{formatDuration(total.run_seconds)}</td>
              <td className="number">
                <ShareBar share={wholeSeconds === 0 ? 0 : total.run_seconds / wholeSeconds} />
              </td>
              <td className="number" data-label="completed">
                {formatCount(total.completed_run_count)}
              </td>
              <td className="number" data-label="failed">
                {formatCount(total.failed_run_count)}
              </td>
              <td className="number" data-label="cancelled">
                {formatCount(total.cancelled_run_count)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function ShareBar({ share }: { share: number }) {
  return (
    <span className={classes.share}>
      <span className={classes.track} aria-hidden="true">
        <span
          className={classes.fill}
          style={{ display: 'block', width: `${Math.min(100, share * 100)}%` }}
        />
      </span>
      <span className={classes.percent}>{formatPercent(share)}</span>
    </span>
  );
}
