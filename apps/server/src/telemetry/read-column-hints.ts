import type { ColumnHints } from '../domain/pipelines/evaluate-checks.ts';
import { isPlainObject } from '../domain/primitives/plain-object.ts';
import { readField, readName, readRecord } from './tolerant-json.ts';

/**
 * Reads what a stored schema document says about a column. Null if it has no such column. A column without a type
 * has only had nulls so far: dlt does not create it at the destination.
 */
export function readColumnHints(document: unknown, table: string, column: string): ColumnHints | null {
  const tables = readRecord(readField(readRecord(document), 'tables'));
  const columns = readRecord(readField(readRecord(readField(tables, table)), 'columns'));
  const found = readField(columns, column);
  if (!isPlainObject(found)) return null;
  return {
    isNullable: readField(found, 'nullable') !== false,
    hasType: readName(found, 'data_type') !== null,
  };
}
