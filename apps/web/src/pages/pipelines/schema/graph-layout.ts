import type { SchemaVersionResponse } from '@pumphouse/contract';
import { formatType, type ChangeMark, type MergedColumn, type MergedTable } from './merged-schema.ts';

type Reference = SchemaVersionResponse['references'][number];

export const nodeWidth = 200;
export const headHeight = 28;
export const rowHeight = 18;
const foot = 6;
const gapBetweenLayers = 60;
const gapBetweenNodes = 24;
/** Maximum columns per table; the others are counted, and the list shows them. */
const mostRows = 8;

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

/**
 * Places tables in layers: a table is right of the tables that it references, at a similar height if there is
 * room. Unconnected tables are placed in columns below.
 */
export function layOutSchema(tables: readonly MergedTable[], references: readonly Reference[]): GraphLayout {
  const names = new Set(tables.map(({ name }) => name));
  // A nested table is connected to its root through its parents.
  const links = references.filter(
    ({ kind, table, referenced_table: other }) =>
      kind !== 'root' && table !== other && names.has(table) && names.has(other),
  );
  const linked = new Set(links.flatMap(({ table, referenced_table: other }) => [table, other]));
  const nodes = new Map(tables.map((table) => [table.name, makeNode(table)]));
  const connected = placeLayers(
    [...nodes.values()].filter(({ table }) => linked.has(table.name)),
    links,
  );
  const alone = [...nodes.values()].filter(({ table }) => !linked.has(table.name));
  const { width, height } = placeAlone(alone, connected);
  return { nodes: [...nodes.values()], edges: links.flatMap((link) => drawEdge(link, nodes)), width, height };
}

function makeNode(table: MergedTable): GraphNode {
  const weighted = table.columns.toSorted((left, right) => weightOf(right) - weightOf(left));
  const shown = new Set(weighted.slice(0, mostRows));
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
  return { table, x: 0, y: 0, height: headHeight + lines * rowHeight + foot, rows, hiddenCount };
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

function placeLayers(nodes: readonly GraphNode[], links: readonly Reference[]): Size {
  const depths = findDepths(links);
  const layers = Map.groupBy(nodes, ({ table }) => depths.get(table.name) ?? 0);
  const referredBy = Map.groupBy(links, ({ table }) => table);
  const placed = new Map<string, GraphNode>();
  let height = 0;
  for (const depth of [...layers.keys()].toSorted((left, right) => left - right)) {
    const wanted = (layers.get(depth) ?? []).map((node) => ({
      node,
      y: wishedTop(node, referredBy, placed),
    }));
    let top = 0;
    for (const { node, y } of wanted.toSorted((left, right) => left.y - right.y)) {
      node.x = depth * (nodeWidth + gapBetweenLayers);
      node.y = Math.max(top, y);
      top = node.y + node.height + gapBetweenNodes;
      height = Math.max(height, node.y + node.height);
    }
    for (const { node } of wanted) placed.set(node.table.name, node);
  }
  const width = Math.max(0, ...nodes.map(({ x }) => x + nodeWidth));
  return { width, height };
}

/**
 * The layer of each table: one more than the highest layer that it references. A cycle starts at one of its
 * tables.
 */
function findDepths(links: readonly Reference[]): Map<string, number> {
  const targets = Map.groupBy(links, ({ table }) => table);
  const depths = new Map<string, number>();
  const depthOf = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    depths.set(name, 0);
    const others = (targets.get(name) ?? []).map(({ referenced_table: other }) => depthOf(other) + 1);
    const depth = Math.max(0, ...others);
    depths.set(name, depth);
    return depth;
  };
  for (const { table, referenced_table: other } of links) {
    depthOf(other);
    depthOf(table);
  }
  return depths;
}

/** Mean position of the tables that a table references. */
function wishedTop(
  node: GraphNode,
  referredBy: ReadonlyMap<string, readonly Reference[]>,
  placed: ReadonlyMap<string, GraphNode>,
): number {
  const tops = (referredBy.get(node.table.name) ?? []).flatMap(
    ({ referenced_table: other }) => placed.get(other)?.y ?? [],
  );
  return tops.length === 0 ? 0 : tops.reduce((sum, top) => sum + top, 0) / tops.length;
}

/** Places unconnected tables in rows as wide as the layers, with at least three per row. */
function placeAlone(nodes: readonly GraphNode[], above: Size): Size {
  const step = nodeWidth + gapBetweenNodes;
  const room = Math.floor((above.width + gapBetweenNodes) / step);
  const columns = Math.max(3, room, Math.ceil(Math.sqrt(nodes.length)));
  const tops = Array.from({ length: columns }, () =>
    above.height === 0 ? 0 : above.height + gapBetweenNodes * 2,
  );
  nodes.forEach((node, index) => {
    const column = index % columns;
    node.x = column * step;
    node.y = tops[column] ?? 0;
    tops[column] = node.y + node.height + gapBetweenNodes;
  });
  return {
    width: Math.max(above.width, ...nodes.map(({ x }) => x + nodeWidth)),
    height: Math.max(above.height, ...nodes.map(({ y, height }) => y + height)),
  };
}

function drawEdge(link: Reference, nodes: ReadonlyMap<string, GraphNode>): GraphEdge[] {
  const [from, to] = [nodes.get(link.table), nodes.get(link.referenced_table)];
  if (!from || !to) return [];
  const start = { x: from.x, y: from.y + headHeight / 2 };
  const isRight = from.x > to.x;
  const end = { x: isRight ? to.x + nodeWidth : to.x, y: to.y + headHeight / 2 };
  const bend = isRight ? (start.x - end.x) / 2 : 60;
  const path = `M${start.x} ${start.y}C${start.x - bend} ${start.y} ${isRight ? end.x + bend : end.x - bend} ${end.y} ${end.x} ${end.y}`;
  return [
    {
      kind: link.kind === 'parent' ? 'parent' : 'reference',
      from: link.table,
      to: link.referenced_table,
      label: describeReference(link),
      path,
    },
  ];
}

export function describeReference(link: Reference): string {
  return `${link.table}.${link.columns.join(', ')} → ${link.referenced_table}.${link.referenced_columns.join(', ')}`;
}

export type Direction = 'left' | 'right' | 'up' | 'down';

const axes: Record<Direction, readonly [along: number, across: number]> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
};

/**
 * The table that an arrow key selects: the nearest in that direction, with sideways distance counted double.
 * Undefined at the edge.
 */
export function findNeighbour(
  nodes: readonly GraphNode[],
  current: GraphNode,
  direction: Direction,
): GraphNode | undefined {
  const [dx, dy] = axes[direction];
  const distances = nodes.flatMap((node) => {
    const [x, y] = [node.x - current.x, node.y - current.y];
    const along = x * dx + y * dy;
    if (along <= 0) return [];
    return [{ node, distance: along + 2 * Math.abs(x * dy + y * dx) }];
  });
  return distances.toSorted((left, right) => left.distance - right.distance)[0]?.node;
}
