import type { SchemaChange } from '@pumphouse/contract';

/** A change of a schema as a line: a sign, what it is about, and what became of it. */
export interface ChangeLine {
  sign: '+' | '−' | '~';
  /** `orders.discount_code`, or a table. */
  subject: string;
  /** `text`, or `text → json`; empty where there is nothing to add. */
  detail: string;
}

/** @param schemaName for the change that says no more than that the schema is new */
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
      detail: `${after ?? ''}, for values that ${before ?? 'the column'} cannot hold`,
    };
  const name = hint === null ? '' : `${hint} `;
  return { sign: '~', subject, detail: `${name}${before ?? 'none'} → ${after ?? 'none'}` };
}
