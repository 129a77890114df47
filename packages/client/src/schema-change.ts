import type { SchemaChange } from '@pumphouse/contract';

/** A schema change as one line: sign, subject and detail. */
export interface ChangeLine {
  sign: '+' | '−' | '~';
  /** `orders.discount_code`, or a table name. */
  subject: string;
  /** `text`, or `text → json`; may be empty. */
  detail: string;
}

/** @param schemaName used for the change `schema_created`, which names no table */
export function describeSchemaChange(change: SchemaChange, schemaName: string): ChangeLine {
  const { kind, table, column, hint, before, after } = change;
  const subject = [table ?? schemaName, ...(column === null ? [] : [column])].join('.');
  if (kind === 'schema_created') return { sign: '+', subject: schemaName, detail: 'new schema' };
  if (kind.endsWith('_removed')) return { sign: '−', subject, detail: column === null ? 'table' : '' };
  if (kind === 'table_added') return { sign: '+', subject, detail: 'table' };
  if (kind === 'column_added') return { sign: '+', subject, detail: after ?? '' };
  if (kind === 'type_conflict')
    return {
      sign: '+',
      subject,
      detail: `${after ?? ''}, for values that do not fit ${before ?? 'the column'}`,
    };
  const name = hint === null ? '' : `${hint} `;
  return { sign: '~', subject, detail: `${name}${before ?? 'none'} → ${after ?? 'none'}` };
}
