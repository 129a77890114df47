import type { SchemaChange, SchemaVersionResponse } from '@pumphouse/contract';
import { orderNested } from '../../../data/nested-order.ts';

export type SchemaTable = SchemaVersionResponse['tables'][number];
export type SchemaColumn = SchemaTable['columns'][number];
export type ChangeMark = 'added' | 'removed' | 'changed';

/** A changed value: type, nullability or a hint. */
export interface ChangedValue {
  what: string;
  before: string | null;
  after: string | null;
}

export interface MergedColumn extends SchemaColumn {
  mark: ChangeMark | null;
  changes: ChangedValue[];
}

export interface MergedTable extends Omit<SchemaTable, 'columns'> {
  /** `changed` also if only columns changed. */
  mark: ChangeMark | null;
  changes: ChangedValue[];
  /** Without dlt's internal columns. */
  columns: MergedColumn[];
  dltColumns: SchemaColumn[];
}

type Tables = Pick<SchemaVersionResponse, 'tables'>;

/**
 * Merges a version's tables with the changes since another version. Removed tables and columns stay in the
 * list with a mark.
 * @param base the other version; null without a comparison
 */
export function mergeSchemas(
  version: Tables,
  base: Tables | null,
  changes: readonly SchemaChange[],
): MergedTable[] {
  const now = new Set(version.tables.map(({ name }) => name));
  const before = new Map(base?.tables.map((table) => [table.name, table]));
  const changesOf = Map.groupBy(changes, ({ table }) => table ?? '');
  const gone = (base?.tables ?? []).filter(({ name }) => !now.has(name));
  const merged = [
    ...version.tables.map((table) =>
      mergeTable(table, before.get(table.name), changesOf.get(table.name) ?? []),
    ),
    ...gone.map((table) => ({ ...mergeTable(table, undefined, []), mark: 'removed' as const })),
  ];
  const names = { nameOf: ({ name }: MergedTable) => name, parentOf: ({ parent }: MergedTable) => parent };
  return orderNested(merged, names).map(({ item }) => item);
}

function mergeTable(
  table: SchemaTable,
  base: SchemaTable | undefined,
  changes: readonly SchemaChange[],
): MergedTable {
  const isNew = changes.some(({ kind }) => kind === 'table_added');
  const now = new Set(table.columns.map(({ name }) => name));
  const gone = (base?.columns ?? []).filter(({ name, is_dlt: isDlt }) => !isDlt && !now.has(name));
  const own = changes.filter(({ kind }) => kind === 'table_hint_changed');
  const ofColumns = Map.groupBy(changes, ({ column }) => column ?? '');
  const columns = [
    ...table.columns
      .filter(({ is_dlt: isDlt }) => !isDlt)
      .map((column) => mergeColumn(column, ofColumns.get(column.name) ?? [])),
    ...gone.map((column) => ({ ...column, mark: 'removed' as const, changes: [] })),
  ];
  const isChanged = own.length > 0 || columns.some(({ mark }) => mark !== null);
  return {
    ...table,
    mark: isNew ? 'added' : isChanged ? 'changed' : null,
    changes: own.map(toValue),
    columns,
    dltColumns: table.columns.filter(({ is_dlt: isDlt }) => isDlt),
  };
}

function mergeColumn(column: SchemaColumn, changes: readonly SchemaChange[]): MergedColumn {
  const isNew = changes.some(({ kind }) => kind === 'column_added' || kind === 'type_conflict');
  const values = isNew ? [] : changes.map(toValue);
  return { ...column, mark: isNew ? 'added' : values.length > 0 ? 'changed' : null, changes: values };
}

function toValue({ kind, hint, before, after }: SchemaChange): ChangedValue {
  const labels: Record<string, string> = { data_type_changed: 'type', nullable_changed: 'null' };
  return { what: hint?.replaceAll('_', ' ') ?? labels[kind] ?? kind.replaceAll('_', ' '), before, after };
}

/** `decimal(38,9)`, in the same format as in the lists of changes. */
export function formatType({ data_type: type, precision, scale }: SchemaColumn): string {
  if (precision === null) return type;
  return scale === null ? `${type}(${precision})` : `${type}(${precision},${scale})`;
}

const columnKeys = [
  ['primary_key', 'primary key'],
  ['merge_key', 'merge key'],
  ['unique', 'unique'],
  ['incremental', 'cursor'],
  ['partition', 'partition'],
  ['cluster', 'cluster'],
  ['sort', 'sort'],
] as const;

/** Labels of a column's keys and hints. */
export function listKeys(column: SchemaColumn): string[] {
  return columnKeys.flatMap(([key, label]) => (column[key] ? [label] : []));
}
