import type { LayeredGraph, LayeredLayout } from '../../graph/layered-layout.ts';
import type { LineageEdge, ShownLineage, ShownNode } from './lineage-fold.ts';
import type { ViewBox, Size } from '../../graph/view-box.ts';
import { drawRoute } from '../../graph/draw-route.ts';

/** Size of a node, in units of the drawing. */
export const nodeSize = { width: 216, height: 46 } as const;
const gap = { across: 56, down: 14 } as const;

export interface PlacedNode {
  node: ShownNode;
  x: number;
  y: number;
}

export interface PlacedEdge {
  edge: LineageEdge;
  /** SVG path data. */
  path: string;
  /** The box of the curve. */
  from: { x: number; y: number };
  to: { x: number; y: number };
}

export interface LineageLayout extends Size {
  nodes: PlacedNode[];
  edges: PlacedEdge[];
}

/** Describes nodes and edges for the layout. Independent of state and age, which change more often. */
export function describeLineage({ nodes, edges }: ShownLineage): LayeredGraph {
  return {
    nodes: nodes.map(({ key }) => ({ id: key, height: nodeSize.height })),
    nodeWidth: nodeSize.width,
    edges: edges.map(({ from, to }) => ({ from, to })),
    gap,
  };
}

/**
 * Places nodes and edges by the layout of `describeLineage`.
 * @returns null if the layout is that of another graph, as while a new one is computed
 */
export function placeLineage(shown: ShownLineage, layout: LayeredLayout): LineageLayout | null {
  const { nodes, edges } = shown;
  if (layout.corners.length !== nodes.length || layout.routes.length !== edges.length) return null;
  return {
    nodes: nodes.flatMap((node, number) => {
      const corner = layout.corners[number];
      return corner ? [{ node, ...corner }] : [];
    }),
    edges: edges.map((edge, number) => {
      const route = layout.routes[number] ?? [];
      const [xs, ys] = [route.map(({ x }) => x), route.map(({ y }) => y)];
      return {
        edge,
        path: drawRoute(route),
        from: { x: Math.min(...xs), y: Math.min(...ys) },
        to: { x: Math.max(...xs), y: Math.max(...ys) },
      };
    }),
    width: layout.width,
    height: layout.height,
  };
}

/** Length of the cells to which the visible part is extended, so that it changes only now and then. */
const cell = 600;

/** The visible part of the drawing, extended to whole cells. */
export function extendView(view: ViewBox, frame: Size) {
  return {
    left: (Math.floor(view.x / cell) - 1) * cell,
    top: (Math.floor(view.y / cell) - 1) * cell,
    right: (Math.ceil((view.x + frame.width / view.scale) / cell) + 1) * cell,
    bottom: (Math.ceil((view.y + frame.height / view.scale) / cell) + 1) * cell,
  };
}

/** Selects what is in an extended view: only that is drawn. */
export function cutToView(
  { nodes, edges }: LineageLayout,
  { left, top, right, bottom }: ReturnType<typeof extendView>,
): Pick<LineageLayout, 'nodes' | 'edges'> {
  return {
    nodes: nodes.filter(
      ({ x, y }) => x < right && y < bottom && x + nodeSize.width > left && y + nodeSize.height > top,
    ),
    edges: edges.filter(({ from, to }) => from.x < right && from.y < bottom && to.x > left && to.y > top),
  };
}
