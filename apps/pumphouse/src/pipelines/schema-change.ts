import type { SchemaChange } from '@pumphouse/contract';

/** A schema change as one line: `+ orders.discount_code text`, `~ orders.id nullable true → false`. */
export function describeSchemaChange(
  change: SchemaChange,
  schemaName: string,
): { sign: '+' | '-' | '~'; text: string } {
  const { kind, table, column, hint, before, after } = change;
  const subject = [table ?? schemaName, ...(column === null ? [] : [column])].join('.');
  if (kind === 'schema_created') return { sign: '+', text: `${schemaName} new schema` };
  if (kind.endsWith('_removed')) return { sign: '-', text: column === null ? `${subject} table` : subject };
  if (kind === 'table_added') return { sign: '+', text: `${subject} table` };
  if (kind === 'column_added') return { sign: '+', text: `${subject} ${after ?? ''}`.trim() };
  if (kind === 'type_conflict')
    return {
      sign: '+',
      text: `${subject} ${after ?? ''}, for values that do not fit ${before ?? 'the column'}`,
    };
  const name = hint === null ? '' : `${hint} `;
  return { sign: '~', text: `${subject} ${name}${before ?? 'none'} → ${after ?? 'none'}` };
}
