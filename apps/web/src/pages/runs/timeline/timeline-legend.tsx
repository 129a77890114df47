import type { ReactNode } from 'react';
import classes from './timeline.module.css';
import { runStates } from '../../../ui/run-states.ts';

const states = ['completed', 'failed', 'running', 'cancelled'] as const;

/** The marks of the plot, with their meaning. */
export function TimelineLegend({ isCounted }: { isCounted: boolean }) {
  return (
    <ul className={classes.legend} aria-label="Legend">
      {states.map((state) => (
        <Entry key={state} word={runStates[state].word}>
          <rect
            x="1"
            y="2"
            width="14"
            height="8"
            className={classes.mark}
            data-colour={runStates[state].colour}
            data-hollow={state === 'cancelled'}
          />
        </Entry>
      ))}
      {!isCounted && (
        <>
          <Entry word="Waiting to start">
            <path
              d="M1 10l5-8M6 10l5-8M11 10l4-6"
              className={classes.mark}
              data-colour="pending"
              data-hollow
            />
          </Entry>
          <Entry word="Retry">
            <path d="M3 2h8l-4 6z" className={classes.mark} data-colour="text" />
          </Entry>
          <Entry word="Skipped">
            <path d="M8 1l5 5-5 5-5-5z" className={classes.mark} data-colour="skipped" data-hollow />
          </Entry>
          <Entry word="Missed tick">
            <path d="M3 2l9 9M12 2l-9 9" className={classes.mark} data-colour="failed" data-hollow />
          </Entry>
        </>
      )}
      <Entry word="Planned">
        <circle cx="8" cy="6" r="4.500" className={classes.mark} data-colour="edge" data-hollow />
      </Entry>
    </ul>
  );
}

function Entry({ word, children }: { word: string; children: ReactNode }) {
  return (
    <li>
      <svg width="16" height="12" aria-hidden="true">
        {children}
      </svg>
      {word}
    </li>
  );
}
