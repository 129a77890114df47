import { Graph, layout } from '@dagrejs/dagre';
import type { EdgeLabel, GraphLabel, NodeLabel } from '@dagrejs/dagre';

export interface Point {
  x: number;
  y: number;
}

/** A graph to be placed in layers from left to right. */
export interface LayeredGraph {
  nodes: readonly { id: string; height: number }[];
  nodeWidth: number;
  /** Between different nodes of the graph. */
  edges: readonly { from: string; to: string }[];
  /** Distances between layers, and between the nodes of a layer, in px. */
  gap: { across: number; down: number };
}

export interface LayeredLayout {
  /** Upper left corners of the nodes, in their order. */
  corners: Point[];
  /** Points of the edges, in their order, each from the side of one node to the side of the other. */
  routes: Point[][];
  width: number;
  height: number;
}

const gapBetweenEdges = 10;

/**
 * Places each node right of the nodes whose edges lead to it, with few crossings and edges that pass between
 * the nodes. An edge that closes a cycle points back to the left. Takes seconds for hundreds of nodes, so
 * pages use `useLayeredLayout`.
 */
export function layOutLayers({ nodes, nodeWidth, edges, gap }: LayeredGraph): LayeredLayout {
  if (nodes.length === 0) return { corners: [], routes: [], width: 0, height: 0 };
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>({ multigraph: true });
  graph.setGraph({
    rankdir: 'LR',
    ranksep: gap.across,
    nodesep: gap.down,
    edgesep: gapBetweenEdges,
    acyclicer: 'greedy',
  });
  for (const { id, height } of nodes) graph.setNode(id, { width: nodeWidth, height });
  for (const [number, { from, to }] of edges.entries()) graph.setEdge(from, to, {}, String(number));
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const centreOf = (id: string): Point => {
    const { x = 0, y = 0 } = graph.node(id);
    return { x, y };
  };
  return {
    corners: nodes.map(({ id, height: own }) => {
      const { x, y } = centreOf(id);
      return { x: x - nodeWidth / 2, y: y - own / 2 };
    }),
    routes: edges.map(({ from, to }, number) => {
      const { points = [] } = graph.edge(from, to, String(number));
      return routeAlong([centreOf(from), ...points.slice(1, -1), centreOf(to)], nodeWidth);
    }),
    width,
    height,
  };
}

/**
 * Routes an edge along the points of dagre, which are alternately in a layer and in the gap after it. The edge
 * crosses layers horizontally, so that it passes between their nodes, and changes its height in the gaps.
 */
function routeAlong(points: readonly Point[], nodeWidth: number): Point[] {
  const [first, last] = [points[0], points.at(-1)];
  const side = first && last && first.x > last.x ? -nodeWidth / 2 : nodeWidth / 2;
  const inLayers = points.filter((_, number) => number % 2 === 0);
  // Enters and leaves each layer, but leaves only the first and enters only the last.
  return inLayers
    .flatMap(({ x, y }) => [
      { x: x - side, y },
      { x: x + side, y },
    ])
    .slice(1, -1);
}
