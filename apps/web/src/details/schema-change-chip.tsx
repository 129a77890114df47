import { describeSchemaChange, type ChangeLine } from '@pumphouse/client';
import type { SchemaChange } from '@pumphouse/contract';
import classes from './details.module.css';

/** `+ orders.discount_code text`: a schema change in diff colours. */
export function SchemaChangeChip({ change, schemaName }: { change: SchemaChange; schemaName: string }) {
  return <ChangeChip line={describeSchemaChange(change, schemaName)} />;
}

export function ChangeChip({ line: { sign, subject, detail } }: { line: ChangeLine }) {
  return (
    <span className={classes.change} data-sign={sign}>
      <span aria-hidden="true">{sign}</span>
      <span className="visually-hidden">{{ '+': 'added', '−': 'removed', '~': 'changed' }[sign]} </span>
      <span className={classes.changeSubject}>{subject}</span>
      {detail !== '' && <span className={classes.changeDetail}>{detail}</span>}
    </span>
  );
}
