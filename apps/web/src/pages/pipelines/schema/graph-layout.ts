import type { SchemaVersionResponse } from '@pumphouse/contract';
import type { LayeredGraph, LayeredLayout, Point } from '../../../graph/layered-layout.ts';
import { drawRoute } from '../../../graph/draw-route.ts';
import { formatType, type ChangeMark, type MergedColumn, type MergedTable } from './merged-schema.ts';

type Reference = SchemaVersionResponse['references'][number];

export const nodeWidth = 200;
export const headHeight = 28;
export const rowHeight = 18;
const foot = 6;
const gap = { across: 60, down: 24 } as const;
/** Maximum columns per table; the others are counted, and the list shows them. */
const maxRows = 8;

interface GraphRow {
  name: string;
  type: string;
  isKey: boolean;
  mark: ChangeMark | null;
}

export interface GraphNode {
  table: MergedTable;
  x: number;
  y: number;
  height: number;
  rows: GraphRow[];
  /** Number of columns that are not shown. */
  hiddenCount: number;
}

interface GraphEdge {
  kind: 'parent' | 'reference';
  from: string;
  to: string;
  /** Tooltip: `orders__lines._dlt_parent_id → orders._dlt_id`. */
  label: string;
  /** A curve from the side of one table to the side of the other. */
  path: string;
}

export interface GraphLayout {
  nodes: GraphNode[];
  edges: GraphEdge[];
  width: number;
  height: number;
}

/** The tables of a schema, with those that dagre places. */
export interface SchemaGraphParts {
  nodes: readonly UnplacedNode[];
  links: readonly Reference[];
  /** Only tables with links. A table is right of the tables that it references. */
  graph: LayeredGraph;
}

type UnplacedNode = Omit<GraphNode, 'x' | 'y'>;

/** Prepares tables for the layout. */
export function describeSchema(
  tables: readonly MergedTable[],
  references: readonly Reference[],
): SchemaGraphParts {
  const names = new Set(tables.map(({ name }) => name));
  // A nested table is connected to its root through its parents.
  const links = references.filter(
    ({ kind, table, referenced_table: other }) =>
      kind !== 'root' && table !== other && names.has(table) && names.has(other),
  );
  const linked = new Set(links.flatMap(({ table, referenced_table: other }) => [table, other]));
  const nodes = tables.map(makeNode);
  return {
    nodes,
    links,
    graph: {
      nodes: nodes
        .filter(({ table }) => linked.has(table.name))
        .map(({ table, height }) => ({ id: table.name, height })),
      nodeWidth,
      edges: links.map(({ table, referenced_table: other }) => ({ from: other, to: table })),
      gap,
    },
  };
}

/** Places linked tables as laid out, and the others below them. */
export function placeTables(
  { nodes, links, graph }: SchemaGraphParts,
  { corners, routes, ...size }: LayeredLayout,
): GraphLayout {
  const cornerOf = new Map(graph.nodes.map(({ id }, number) => [id, corners[number]]));
  const alone = placeAlone(
    nodes.filter(({ table }) => !cornerOf.has(table.name)),
    size,
  );
  return {
    nodes: nodes.flatMap((node) => {
      const corner = cornerOf.get(node.table.name) ?? alone.corners.get(node.table.name);
      return corner ? [{ ...node, ...corner }] : [];
    }),
    edges: links.map((link, number) => drawEdge(link, routes[number] ?? [])),
    width: alone.width,
    height: alone.height,
  };
}

function makeNode(table: MergedTable): UnplacedNode {
  const weighted = table.columns.toSorted((left, right) => weightOf(right) - weightOf(left));
  const shown = new Set(weighted.slice(0, maxRows));
  const rows = table.columns
    .filter((column) => shown.has(column))
    .map((column) => ({
      name: column.name,
      type: formatType(column),
      isKey: isKey(column),
      mark: column.mark,
    }));
  const hiddenCount = table.columns.length - rows.length;
  const lines = rows.length + (hiddenCount > 0 ? 1 : 0);
  return { table, height: headHeight + lines * rowHeight + foot, rows, hiddenCount };
}

/** Changed columns come before keys, and keys before the others. */
function weightOf(column: MergedColumn): number {
  return (column.mark === null ? 0 : 2) + (isKey(column) ? 1 : 0);
}

function isKey(column: MergedColumn): boolean {
  return column.primary_key || column.merge_key;
}

interface Size {
  width: number;
  height: number;
}

/**
 * Places unconnected tables in rows as wide as the layers, with at least three per row. dagre would place all
 * of them in one column.
 */
function placeAlone(tables: readonly UnplacedNode[], above: Size): Size & { corners: Map<string, Point> } {
  const step = nodeWidth + gap.down;
  const room = Math.floor((above.width + gap.down) / step);
  const columns = Math.max(3, room, Math.ceil(Math.sqrt(tables.length)));
  const tops = Array.from({ length: columns }, () => (above.height === 0 ? 0 : above.height + gap.down * 2));
  const corners = new Map<string, Point>();
  let { width, height } = above;
  for (const [index, node] of tables.entries()) {
    const column = index % columns;
    const corner = { x: column * step, y: tops[column] ?? 0 };
    corners.set(node.table.name, corner);
    width = Math.max(width, corner.x + nodeWidth);
    height = Math.max(height, corner.y + node.height);
    tops[column] = corner.y + node.height + gap.down;
  }
  return { corners, width, height };
}

/** @param route from the referenced table */
function drawEdge(link: Reference, route: readonly Point[]): GraphEdge {
  return {
    kind: link.kind === 'parent' ? 'parent' : 'reference',
    from: link.table,
    to: link.referenced_table,
    label: describeReference(link),
    path: drawRoute(route),
  };
}

export function describeReference(link: Reference): string {
  return `${link.table}.${link.columns.join(', ')} → ${link.referenced_table}.${link.referenced_columns.join(', ')}`;
}
