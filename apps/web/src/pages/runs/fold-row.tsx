import type { RunOverviewResponse } from '@pumphouse/contract';
import classes from './runs.module.css';
import { DownIcon, RightIcon } from '../../ui/icons.tsx';
import { formatNoun } from '../../ui/format.ts';
import { RowCheckbox } from '../../ui/row-checkbox.tsx';
import { RunOutcomeLine } from '../../details/run-outcome-line.tsx';
import { RunState } from '../../ui/state.tsx';
import { shortenJobName } from '../../details/job-name.ts';
import { Time } from '../../ui/time.tsx';

interface FoldRowProps {
  /** Equal runs of one job, in the order of the list. */
  runs: readonly RunOverviewResponse[];
  index: number;
  /** Ref for measuring the row. */
  rowRef: (row: HTMLElement | null) => void;
  isOpen: boolean;
  selectedCount: number;
  onOpen: () => void;
  onSelect: (isSelected: boolean) => void;
}

/** Several equal runs as one row, which opens in place. */
export function FoldRow({ runs, index, rowRef, isOpen, selectedCount, onOpen, onSelect }: FoldRowProps) {
  const [first] = runs;
  if (first === undefined) return null;
  const name = shortenJobName(first.job_name);
  const all = runs.map(({ number }) => number);
  const numbers = [Math.min(...all), Math.max(...all)];
  return (
    <tr data-row data-index={index} ref={rowRef} aria-rowindex={index + 1}>
      <td className={classes.select}>
        <RowCheckbox
          label={`Select ${formatNoun(runs.length, 'run')} of ${name}`}
          checked={selectedCount === runs.length}
          indeterminate={selectedCount > 0 && selectedCount < runs.length}
          onChange={onSelect}
        />
      </td>
      <td className={classes.state}>
        <RunState status={first.status} />
      </td>
      <td className={classes.run}>
        <button
          type="button"
          className={classes.fold}
          aria-expanded={isOpen}
          title={`${formatNoun(runs.length, 'run')} of ${name} with the same result, #${numbers.join(' to #')}`}
          onClick={onOpen}
          data-row-link
        >
          {isOpen ? <DownIcon /> : <RightIcon />}
          <span className={classes.runName}>{name}</span>
          <span className={classes.runNumber}>×{runs.length}</span>
        </button>
      </td>
      <td className={classes.cause}>
        <span className={classes.causeText}>#{numbers.join(' – #')}</span>
      </td>
      <td className={classes.outcome} data-wide="true">
        <RunOutcomeLine run={first} />
      </td>
      <td className={`${classes.duration} number`}>{null}</td>
      <td className={`${classes.started} number`}>{first.started_at && <Time at={first.started_at} />}</td>
      <td className={`${classes.age} number`}>
        <Time at={first.created_at} />
      </td>
      <td className={classes.profile}>{first.profile}</td>
      <td className={classes.versions}>{null}</td>
      <td className={classes.actions}>{null}</td>
    </tr>
  );
}
