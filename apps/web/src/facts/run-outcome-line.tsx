import classes from './facts.module.css';
import { describeOutcome, type EndedRun } from './run-outcome.ts';

/** One line that says why a run failed, was skipped or waits, else what it loaded and whether a schema changed; cut where there is no room. */
export function RunOutcomeLine({ run }: { run: EndedRun }) {
  const { kind, text, place, schemaChanged } = describeOutcome(run);
  if (kind === 'nothing') return null;
  return (
    <span className={classes.outcome} title={place === null ? text : `${text} (${place})`}>
      <span className={kind === 'failure' ? classes.failed : kind === 'loaded' ? undefined : 'quiet'}>
        {text}
      </span>
      {place !== null && <span className={classes.place}> {place}</span>}
      {schemaChanged && <span className={classes.changed}>± schema</span>}
    </span>
  );
}
