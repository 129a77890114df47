import { Link } from '@tanstack/react-router';
import classes from './runs.module.css';
import { choiceLink } from '../../ui/choice-link.ts';
import { countTab, findStateTab, stateTabs, type RunSearch } from './run-list.ts';
import { formatCompactCount, formatCount } from '../../ui/format.ts';
import { useRunCounts } from './use-run-counts.ts';

/** States of the list as tabs, with their numbers of runs. They are links, so that each has a URL. */
export function StateTabs({ search }: { search: RunSearch }) {
  const current = findStateTab(search);
  const counts = useRunCounts(search);
  return (
    <nav className={classes.states} aria-label="States">
      {stateTabs.map(({ word, states }) => {
        const count = counts && countTab(counts.total, word);
        return (
          <Link
            key={word}
            from="/w/$workspaceId/runs"
            {...choiceLink(word === current)}
            search={(before) => ({ ...before, status: states.length === 0 ? undefined : [...states] })}
            className={classes.stateTab}
          >
            {word}{' '}
            {count !== undefined && (
              <span
                className={classes.stateCount}
                data-zero={count === 0}
                title={counts?.counted_from == null ? formatCount(count) : `At least ${formatCount(count)}`}
              >
                {formatCompactCount(count)}
              </span>
            )}
          </Link>
        );
      })}
    </nav>
  );
}
