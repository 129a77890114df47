import { Link } from '@tanstack/react-router';
import classes from './timeline.module.css';
import type { TimelineRow } from './timeline-rows.ts';
import { DownIcon, RightIcon } from '../../../ui/icons.tsx';
import { formatNoun } from '../../../ui/format.ts';
import { StarMark } from '../../../ui/star-mark.tsx';
import { useWorkspace } from '../../../workspace/use-workspace.ts';

interface RowLabelProps {
  row: TimelineRow;
  topPx: number;
  /** The keyboard is in this row of the plot. */
  isFocused: boolean;
  onFold: (groupLabel: string) => void;
}

/** The label of a row: a link to the job, or a button that folds the group. */
export function RowLabel({ row, topPx, isFocused, onFold }: RowLabelProps) {
  const { id: workspaceId } = useWorkspace();
  return (
    <li className={classes.label} style={{ top: topPx }} data-kind={row.kind} data-focused={isFocused}>
      {row.job === null ? (
        <button
          type="button"
          className={classes.fold}
          aria-expanded={!row.isFolded}
          onClick={() => onFold(row.label)}
        >
          {row.isFolded ? <RightIcon /> : <DownIcon />}
          <span className="cut">{row.label}</span>
          <span className={classes.jobCount}>
            {row.jobCount}
            <span className="visually-hidden"> {formatNoun(row.jobCount, 'job')}</span>
          </span>
        </button>
      ) : (
        <Link
          to="/w/$workspaceId/jobs/$job"
          params={{ workspaceId, job: row.job.ref }}
          className={`${classes.job} cut`}
          title={row.label}
          data-row-link
        >
          {row.job.isStarred && <StarMark />}
          {row.label}
          {row.job.isPaused && <span className="quiet"> · paused</span>}
          {row.job.isArchived && <span className="quiet"> · archived</span>}
        </Link>
      )}
    </li>
  );
}
