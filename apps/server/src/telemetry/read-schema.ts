import { isPlainObject } from '../domain/primitives/plain-object.ts';
import type {
  ColumnHint,
  SchemaColumnShape,
  SchemaReferenceShape,
  SchemaShape,
  SchemaTableShape,
  TableHint,
} from '../domain/pipelines/schema-shape.ts';
import type { JsonRecord } from './tolerant-json.ts';
import { columnHints } from '../domain/pipelines/schema-shape.ts';
import { isDltName } from './trace-packages.ts';
import { readWriteDisposition } from './trace-resources.ts';
import {
  MAX_INTEGER,
  cutText,
  readCount,
  readField,
  readFlag,
  readName,
  readRecord,
  readRecords,
  readText,
} from './tolerant-json.ts';

const maxDescriptionLength = 2000;
const maxReferencesOfTable = 100;
const maxColumnsOfReference = 50;
const maxNameLength = 256;
/** dlt names a variant column after the column whose type does not fit, and after its own type. */
const variantName = /^(.+)__v_[a-z]+$/;

/**
 * Reads the shape of a stored schema document. Never throws: anything that is not in dlt's format is omitted.
 * So are dlt's own tables, and columns without a type, which do not exist at the destination.
 */
export function readSchema(document: unknown): SchemaShape {
  const tables = new Map<string, SchemaTableShape>();
  for (const [key, raw] of entriesOf(readRecord(document), 'tables')) {
    const name = readName(raw, 'name') ?? cutText(key, maxNameLength);
    if (isDltName(name) || tables.has(name)) continue;
    const table = readTable(name, raw);
    if (table.columns.length > 0) tables.set(name, table);
  }
  return { tables: [...tables.values()] };
}

function readTable(name: string, raw: JsonRecord): SchemaTableShape {
  const columns = new Map<string, SchemaColumnShape>();
  for (const [key, column] of entriesOf(raw, 'columns')) {
    const read = readColumn(readName(column, 'name') ?? cutText(key, maxNameLength), column);
    if (read && !columns.has(read.name)) columns.set(read.name, read);
  }
  return {
    name,
    hints: readTableHints(raw),
    references: readRecords(raw, 'references').slice(0, maxReferencesOfTable).flatMap(readReference),
    description: readText(raw, 'description', maxDescriptionLength),
    columns: [...columns.values()].map((column) => ({
      ...column,
      variantOf: column.variantOf !== null && columns.has(column.variantOf) ? column.variantOf : null,
    })),
  };
}

function readTableHints(raw: JsonRecord): SchemaTableShape['hints'] {
  const texts: Record<TableHint, string | null> = {
    write_disposition: readWriteDisposition(raw),
    merge_strategy: readName(raw, 'x-merge-strategy'),
    table_format: readName(raw, 'table_format'),
    parent: readName(raw, 'parent'),
    resource: readName(raw, 'resource'),
  };
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== null));
}

function readColumn(name: string, raw: JsonRecord): SchemaColumnShape | null {
  const dataType = readName(raw, 'data_type');
  if (dataType === null) return null;
  return {
    name,
    dataType,
    precision: readCount(raw, 'precision', MAX_INTEGER),
    scale: readCount(raw, 'scale', MAX_INTEGER),
    isNullable: readField(raw, 'nullable') !== false,
    hints: Object.fromEntries(
      columnHints.flatMap((hint) => readColumnHint(raw, hint).map((text) => [hint, text])),
    ),
    variantOf: variantName.exec(name)?.[1] ?? null,
    isDlt: isDltName(name),
    description: readText(raw, 'description', maxDescriptionLength),
  };
}

function readColumnHint(raw: JsonRecord, hint: ColumnHint): string[] {
  if (readFlag(raw, hint)) return ['yes'];
  const text = hint === 'dedup_sort' ? readName(raw, hint) : null;
  return text === null ? [] : [text];
}

function readReference(raw: JsonRecord): SchemaReferenceShape[] {
  const referencedTable = readName(raw, 'referenced_table');
  if (referencedTable === null) return [];
  return [
    {
      columns: readNames(raw, 'columns'),
      referencedTable,
      referencedColumns: readNames(raw, 'referenced_columns'),
      label: readName(raw, 'label'),
      cardinality: readName(raw, 'cardinality'),
    },
  ];
}

function readNames(raw: JsonRecord, key: string): string[] {
  const value = readField(raw, key);
  if (!Array.isArray(value)) return [];
  return value
    .filter((name): name is string => typeof name === 'string')
    .slice(0, maxColumnsOfReference)
    .map((name) => cutText(name, maxNameLength));
}

function entriesOf(record: JsonRecord, key: string): [string, JsonRecord][] {
  return Object.entries(readRecord(readField(record, key))).filter((entry): entry is [string, JsonRecord] =>
    isPlainObject(entry[1]),
  );
}
