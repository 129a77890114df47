/**
 * The shape of a schema version, read from dlt's schema document: the tables at the destination, without
 * dlt's own.
 */
export interface SchemaShape {
  /** Only tables with at least one typed column: dlt does not create others at the destination. */
  tables: SchemaTableShape[];
}

export interface SchemaTableShape {
  name: string;
  /** The hints that are set, as text. */
  hints: Partial<Record<TableHint, string>>;
  /** References declared by the resource. */
  references: SchemaReferenceShape[];
  description: string | null;
  columns: SchemaColumnShape[];
}

export interface SchemaColumnShape {
  name: string;
  dataType: string;
  precision: number | null;
  scale: number | null;
  isNullable: boolean;
  /** The hints that are set, as text: `yes`, or the order of `dedup_sort`. */
  hints: Partial<Record<ColumnHint, string>>;
  /** The column whose type could not hold the values of this one; null for an ordinary column. */
  variantOf: string | null;
  /** A column that dlt adds, such as `_dlt_load_id`. */
  isDlt: boolean;
  description: string | null;
}

export interface SchemaReferenceShape {
  columns: string[];
  referencedTable: string;
  referencedColumns: string[];
  label: string | null;
  cardinality: string | null;
}

export const tableHints = [
  'write_disposition',
  'merge_strategy',
  'table_format',
  'parent',
  'resource',
] as const;
export type TableHint = (typeof tableHints)[number];

export const columnHints = [
  'primary_key',
  'merge_key',
  'unique',
  'partition',
  'cluster',
  'sort',
  'incremental',
  'hard_delete',
  'dedup_sort',
  'row_key',
  'parent_key',
  'root_key',
] as const;
export type ColumnHint = (typeof columnHints)[number];

/** An edge in the graph of a schema: `columns` of `table` refer to a row of `referencedTable`. */
export interface SchemaEdge extends SchemaReferenceShape {
  kind: 'parent' | 'root' | 'reference';
  table: string;
}

/** Counts the tables and columns of a schema, without dlt's own columns. */
export function countShape(shape: SchemaShape): { tableCount: number; columnCount: number } {
  const columnCount = shape.tables.reduce((sum, table) => sum + countColumns(table), 0);
  return { tableCount: shape.tables.length, columnCount };
}

export function countColumns(table: SchemaTableShape): number {
  return table.columns.filter((column) => !column.isDlt).length;
}

/** Formats a type for readers, such as `decimal(38,9)`. */
export function formatDataType({ dataType, precision, scale }: SchemaColumnShape): string {
  if (precision === null) return dataType;
  return scale === null ? `${dataType}(${precision})` : `${dataType}(${precision},${scale})`;
}

/**
 * Lists all references between tables: nested tables to their parent (and to the root table if dlt stores
 * that key), and declared references.
 */
export function listEdges({ tables }: SchemaShape): SchemaEdge[] {
  const byName = new Map(tables.map((table) => [table.name, table]));
  return tables.flatMap((table) => [
    ...keyEdge('parent', table, byName.get(table.hints.parent ?? '')),
    ...keyEdge('root', table, findRoot(table, byName)),
    ...table.references.map((reference): SchemaEdge => ({
      kind: 'reference',
      table: table.name,
      ...reference,
    })),
  ]);
}

function keyEdge(
  kind: 'parent' | 'root',
  table: SchemaTableShape,
  referenced: SchemaTableShape | undefined,
): SchemaEdge[] {
  if (!referenced) return [];
  const columns = namesWith(table, `${kind}_key`);
  // If the root is the direct parent, the parent edge is enough.
  if (kind === 'root' && (columns.length === 0 || table.hints.parent === referenced.name)) return [];
  const referencedColumns = namesWith(referenced, 'row_key');
  return [
    {
      kind,
      table: table.name,
      columns,
      referencedTable: referenced.name,
      referencedColumns,
      label: null,
      cardinality: null,
    },
  ];
}

function namesWith(table: SchemaTableShape, hint: ColumnHint): string[] {
  return table.columns.filter((column) => column.hints[hint] !== undefined).map((column) => column.name);
}

function findRoot(
  table: SchemaTableShape,
  byName: ReadonlyMap<string, SchemaTableShape>,
): SchemaTableShape | undefined {
  // A document may contain tables that are each other's parents.
  const seen = new Set([table.name]);
  let root: SchemaTableShape | undefined;
  for (
    let above = byName.get(table.hints.parent ?? '');
    above;
    above = byName.get(above.hints.parent ?? '')
  ) {
    if (seen.has(above.name)) return undefined;
    seen.add(above.name);
    root = above;
  }
  return root;
}
