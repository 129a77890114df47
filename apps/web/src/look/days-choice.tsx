import { Link } from '@tanstack/react-router';
import classes from './days-choice.module.css';
import { dayChoices, usualDays, type DayChoice } from '../data/day-window.ts';

const words: Record<DayChoice, string> = {
  '7': '7 days',
  '30': '30 days',
  '90': '90 days',
  '365': '1 year',
};

/** Of how many days the figures of the page are. The address says it: `?days=90`. */
export function DaysChoice() {
  return (
    <nav className={classes.choice} aria-label="Days that figures are of">
      {dayChoices.map((choice) => (
        <Link
          key={choice}
          to="."
          search={(before) => ({ ...before, days: choice === usualDays ? undefined : choice })}
          replace
          resetScroll={false}
          className={classes.one}
          // Without days the address is one too: that of the usual ones.
          activeOptions={{ explicitUndefined: true }}
        >
          {words[choice]}
        </Link>
      ))}
    </nav>
  );
}
