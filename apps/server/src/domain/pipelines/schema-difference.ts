import type {
  SchemaColumnShape,
  SchemaReferenceShape,
  SchemaShape,
  SchemaTableShape,
} from './schema-shape.ts';
import type { SchemaChange, SchemaChangeCounts, SchemaChangeKind } from '@pumphouse/contract';
import { isKeyOf } from '../primitives/typed-record.ts';
import { columnHints, countColumns, countShape, formatDataType, tableHints } from './schema-shape.ts';

/** The difference between two versions of a schema. */
export interface SchemaDifference {
  counts: SchemaChangeCounts;
  /** Most important first: type conflicts, tables, columns, types, nullability, hints. */
  changes: SchemaChange[];
}

/** Display order of changes: those that may break a reader of the data come first. */
const weight: Record<SchemaChangeKind, number> = {
  schema_created: 0,
  type_conflict: 1,
  table_added: 2,
  table_removed: 3,
  column_added: 4,
  column_removed: 5,
  data_type_changed: 6,
  nullable_changed: 7,
  hint_changed: 8,
  table_hint_changed: 9,
};

/** Hints can be long lists of columns; a list row shows the beginning. */
const maxTextLength = 300;

/**
 * Lists the changes from `before` to `after`. dlt's own tables and columns are omitted. An added or removed
 * table is one change, whatever its columns. A variant column, for values that another column cannot hold, is
 * a `type_conflict` from that column's type to its own.
 */
export function compareSchemas(before: SchemaShape, after: SchemaShape): SchemaDifference {
  const [tablesBefore, tablesAfter] = [byName(before.tables), byName(after.tables)];
  const changes: SchemaChange[] = [];
  for (const [name, table] of tablesAfter) {
    const known = tablesBefore.get(name);
    if (known) changes.push(...compareTables(known, table));
    else changes.push(describe('table_added', name, { after: formatColumns(countColumns(table)) }));
  }
  for (const [name, table] of tablesBefore) {
    if (!tablesAfter.has(name))
      changes.push(describe('table_removed', name, { before: formatColumns(countColumns(table)) }));
  }
  return { counts: countChanges(changes), changes: changes.toSorted(byWeight) };
}

/** Describes a first version as one change. Its tables are counted as added; its columns are not listed. */
export function describeNewSchema(shape: SchemaShape): SchemaDifference {
  const { tableCount, columnCount } = countShape(shape);
  const after = `${tableCount} ${tableCount === 1 ? 'table' : 'tables'}, ${formatColumns(columnCount)}`;
  return {
    counts: { ...countChanges([]), tables_added: tableCount },
    changes: [describe('schema_created', null, { after })],
  };
}

/** Lists the tables that the changes concern, without duplicates, in order. */
export function listChangedTables(changes: readonly SchemaChange[]): string[] {
  return [...new Set(changes.flatMap(({ table }) => (table === null ? [] : [table])))];
}

export function countChanges(changes: readonly SchemaChange[]): SchemaChangeCounts {
  const count = (...kinds: SchemaChangeKind[]) =>
    changes.filter(({ kind }) => kinds.some((one) => one === kind)).length;
  return {
    tables_added: count('table_added'),
    tables_removed: count('table_removed'),
    columns_added: count('column_added', 'type_conflict'),
    columns_removed: count('column_removed'),
    columns_changed: count('data_type_changed', 'nullable_changed', 'hint_changed', 'table_hint_changed'),
    type_conflicts: count('type_conflict'),
  };
}

function compareTables(before: SchemaTableShape, after: SchemaTableShape): SchemaChange[] {
  const table = after.name;
  const changes: SchemaChange[] = [];
  for (const hint of tableHints)
    changes.push(
      ...compareTexts('table_hint_changed', table, before.hints[hint], after.hints[hint], { hint }),
    );
  const references = [before, after].map((each) => formatReferences(each.references));
  changes.push(
    ...compareTexts('table_hint_changed', table, references[0], references[1], { hint: 'references' }),
  );
  return [...changes, ...compareColumns(table, before, after)];
}

function compareColumns(table: string, before: SchemaTableShape, after: SchemaTableShape): SchemaChange[] {
  const [known, now] = [before, after].map((each) => byName(each.columns.filter((column) => !column.isDlt)));
  const changes: SchemaChange[] = [];
  for (const [name, column] of now ?? []) {
    const older = known?.get(name);
    changes.push(...(older ? compareColumn(table, older, column) : [describeNewColumn(table, column, now)]));
  }
  for (const [name, column] of known ?? []) {
    if (!now?.has(name))
      changes.push(describe('column_removed', table, { column: name, before: formatDataType(column) }));
  }
  return changes;
}

function describeNewColumn(
  table: string,
  column: SchemaColumnShape,
  columns: ReadonlyMap<string, SchemaColumnShape> | undefined,
): SchemaChange {
  const after = formatDataType(column);
  const narrow = columns?.get(column.variantOf ?? '');
  if (!narrow) return describe('column_added', table, { column: column.name, after });
  return describe('type_conflict', table, { column: column.name, before: formatDataType(narrow), after });
}

function compareColumn(table: string, before: SchemaColumnShape, after: SchemaColumnShape): SchemaChange[] {
  const column = after.name;
  const types = [formatDataType(before), formatDataType(after)] as const;
  const nullable = [formatNullable(before), formatNullable(after)] as const;
  return [
    ...compareTexts('data_type_changed', table, ...types, { column }),
    ...compareTexts('nullable_changed', table, ...nullable, { column }),
    ...columnHints.flatMap((hint) =>
      compareTexts('hint_changed', table, before.hints[hint], after.hints[hint], { column, hint }),
    ),
  ];
}

function compareTexts(
  kind: SchemaChangeKind,
  table: string,
  before: string | undefined,
  after: string | undefined,
  at: { column?: string; hint?: string },
): SchemaChange[] {
  if (before === after) return [];
  return [describe(kind, table, { ...at, before: before ?? null, after: after ?? null })];
}

function describe(
  kind: SchemaChangeKind,
  table: string | null,
  { column = null, hint = null, before = null, after = null }: Partial<Omit<SchemaChange, 'kind' | 'table'>>,
): SchemaChange {
  return { kind, table, column, hint, before: cut(before), after: cut(after) };
}

function formatReferences(references: readonly SchemaReferenceShape[]): string | undefined {
  if (references.length === 0) return undefined;
  return references
    .map(
      ({ columns, referencedTable, referencedColumns }) =>
        `${columns.join(', ')} → ${referencedTable}(${referencedColumns.join(', ')})`,
    )
    .toSorted()
    .join('; ');
}

function byName<Named extends { name: string }>(items: readonly Named[]): Map<string, Named> {
  return new Map(items.map((item) => [item.name, item]));
}

function byWeight(left: SchemaChange, right: SchemaChange): number {
  return weightOf(left) - weightOf(right);
}

function weightOf({ kind }: SchemaChange): number {
  return isKeyOf(weight, kind) ? weight[kind] : Infinity;
}

function formatNullable({ isNullable }: SchemaColumnShape): string {
  return isNullable ? 'nullable' : 'not null';
}

function formatColumns(count: number): string {
  return count === 1 ? '1 column' : `${count} columns`;
}

function cut(text: string | null): string | null {
  if (text === null || text.length <= maxTextLength) return text;
  return `${text.slice(0, maxTextLength - 1).toWellFormed()}…`;
}
