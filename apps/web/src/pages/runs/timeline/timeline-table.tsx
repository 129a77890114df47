import { Link } from '@tanstack/react-router';
import classes from './timeline.module.css';
import table from '../../../ui/table.module.css';
import type { TimelineJob } from './timeline-bars.ts';
import type { TimelineRow } from './timeline-rows.ts';
import type { TimeView } from './time-view.ts';
import { describeTarget } from './bar-texts.ts';
import { endOfBar } from './timeline-bars.ts';
import { formatNoun, formatShortInstant } from '../../../ui/format.ts';
import { shortenJobName } from '../../../details/job-name.ts';
import { State } from '../../../ui/state.tsx';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

interface TimelineTableProps {
  rows: readonly TimelineRow[];
  jobs: readonly TimelineJob[];
  view: TimeView;
  nowMs: number;
}

const maxShown = 500;

/** The same runs and planned ticks as a table, newest first, for screen readers and for reading times. */
export function TimelineTable({ rows, jobs, view, nowMs }: TimelineTableProps) {
  const { id: workspaceId } = useWorkspace();
  const bars = rows
    .flatMap((row) => row.bars.map((bar) => ({ row, bar })))
    .filter(({ bar }) => bar.createdMs < view.endMs && endOfBar(bar, nowMs) > view.startMs)
    .toSorted((a, b) => b.bar.createdMs - a.bar.createdMs);
  return (
    <table className={`${table.table} ${classes.table}`}>
      <caption className={classes.caption}>
        {formatNoun(bars.length, 'run')}
        {bars.length > maxShown && `, the newest ${maxShown} are listed`}
      </caption>
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Run</th>
          <th scope="col">Created</th>
          <th scope="col">Times and reasons</th>
        </tr>
      </thead>
      <tbody>
        {bars.slice(0, maxShown).map(({ row, bar }) => {
          const name = jobs[bar.job]?.name ?? row.label;
          const { lines } = describeTarget({ kind: 'bar', row, bar }, nowMs, name);
          return (
            <tr key={bar.id} data-row>
              <td>
                <State look={bar.look} />
              </td>
              <td>
                <Link
                  to="/w/$workspaceId/runs/$jobRunId"
                  params={{ workspaceId, jobRunId: bar.id }}
                  data-row-link
                >
                  {shortenJobName(name)} #{bar.number}
                </Link>
              </td>
              <td>{formatShortInstant(new Date(bar.createdMs), new Date(nowMs))}</td>
              <td>{lines.join(' · ')}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
