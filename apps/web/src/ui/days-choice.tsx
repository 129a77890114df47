import { Link, useSearch } from '@tanstack/react-router';
import classes from './days-choice.module.css';
import { choiceLink } from './choice-link.ts';
import { dayChoices, usualDays, type DayChoice } from '../data/day-window.ts';

const labels: Record<DayChoice, string> = {
  '7': '7 days',
  '30': '30 days',
  '90': '90 days',
  '365': '1 year',
};

/** Selects the time range of the page's figures, stored in the URL: `?days=90`. */
export function DaysChoice() {
  const { days = usualDays } = useSearch({ strict: false });
  return (
    <nav className={classes.choice} aria-label="Time range">
      {dayChoices.map((choice) => (
        <Link
          key={choice}
          {...choiceLink(choice === days)}
          search={(before) => ({ ...before, days: choice === usualDays ? undefined : choice })}
          className={classes.one}
        >
          {labels[choice]}
        </Link>
      ))}
    </nav>
  );
}
