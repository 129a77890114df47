import classes from './details.module.css';
import { describeOutcome, type EndedRun } from './run-outcome.ts';
import { ChangeChip } from './schema-change-chip.tsx';

const colours: Partial<Record<string, string | undefined>> = { failure: classes.failed, loaded: '' };

/**
 * One line with the reason why a run failed, was skipped or waits, or what it loaded, and its first schema
 * change.
 */
export function RunOutcomeLine({ run }: { run: EndedRun }) {
  const { kind, text, codeLocation, schemaChange, moreSchemaChanges } = describeOutcome(run);
  if (kind === 'nothing') return null;
  return (
    <span className={classes.outcome} title={codeLocation === null ? text : `${text} (${codeLocation})`}>
      <span className={`${classes.outcomeText} ${colours[kind] ?? 'quiet'}`}>{text}</span>
      {codeLocation !== null && <span className={classes.location}>{codeLocation}</span>}
      {schemaChange !== null && <ChangeChip line={schemaChange} />}
      {moreSchemaChanges > 0 && <span className="quiet">and {moreSchemaChanges} more</span>}
    </span>
  );
}
