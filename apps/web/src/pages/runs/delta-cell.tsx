import classes from './compare.module.css';
import { describeDelta } from './deltas.ts';

interface DeltaCellsProps {
  /** Unit label for narrow screens: "rows". */
  label: string;
  before: number | null | undefined;
  after: number | null | undefined;
  format: (value: number) => string;
}

/** Three table cells: value before, value after and the difference. */
export function DeltaCells({ label, before = null, after = null, format }: DeltaCellsProps) {
  const delta = describeDelta(before, after, format);
  return (
    <>
      <td className="number" data-label={`${label} before`}>
        {before === null ? <span className="quiet">–</span> : format(before)}
      </td>
      <td className="number" data-label="after">
        {after === null ? <span className="quiet">–</span> : format(after)}
      </td>
      <td className={`number ${classes.delta}`} data-direction={delta?.direction}>
        {delta?.text}
      </td>
    </>
  );
}
