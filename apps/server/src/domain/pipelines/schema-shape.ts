/** A version of a schema as dlt keeps it, read from its document: what the destination has, without what dlt keeps for itself. */
export interface SchemaShape {
  /** Those with at least one column that has a type: dlt makes no others at the destination. */
  tables: SchemaTableShape[];
}

export interface SchemaTableShape {
  name: string;
  /** What is set, as text. */
  hints: Partial<Record<TableHint, string>>;
  /** References that the resource declared. */
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
  /** What is set, as text: `yes`, or the order of `dedup_sort`. */
  hints: Partial<Record<ColumnHint, string>>;
  /** The column whose type could not hold the values of this one; null for a column of its own. */
  variantOf: string | null;
  /** One of dlt's own, such as `_dlt_load_id`. */
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

/** An edge of the graph of a schema: `columns` of `table` name a row of `referencedTable`. */
export interface SchemaEdge extends SchemaReferenceShape {
  kind: 'parent' | 'root' | 'reference';
  table: string;
}

/** How many tables and columns a schema has, dlt's own columns left out. */
export function countShape(shape: SchemaShape): { tableCount: number; columnCount: number } {
  const columnCount = shape.tables.reduce((sum, table) => sum + countColumns(table), 0);
  return { tableCount: shape.tables.length, columnCount };
}

export function countColumns(table: SchemaTableShape): number {
  return table.columns.filter((column) => !column.isDlt).length;
}

/** `decimal(38,9)`, as a reader writes a type. */
export function formatDataType({ dataType, precision, scale }: SchemaColumnShape): string {
  if (precision === null) return dataType;
  return scale === null ? `${dataType}(${precision})` : `${dataType}(${precision},${scale})`;
}

/** What refers to what: nested tables to the table above them (and to the one at the top, where dlt keeps that), and declared references. */
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
  // Of a table directly below the one at the top, the edge to its parent says it.
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
  // A document may name tables as parents of each other.
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
