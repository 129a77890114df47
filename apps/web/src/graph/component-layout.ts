import { layOutLayers, type LayeredGraph, type LayeredLayout, type Point } from './layered-layout.ts';

/** Width to height of a drawing that fills a screen. */
const aspect = 1.6;

/**
 * Lays out each connected part of a graph on its own, largest first, and stacks the parts in columns. dagre
 * would put all parts into one column, and takes longer for one large graph than for its parts.
 */
export function layOutComponents(graph: LayeredGraph): LayeredLayout {
  const parts = splitGraph(graph);
  if (parts.length <= 1) return layOutLayers(graph);
  const placed = parts.map((part) => ({ ...part, layout: layOutLayers(part.graph) }));
  const area = placed.reduce(
    (sum, { layout }) => sum + (layout.width + graph.gap.across) * (layout.height + graph.gap.down),
    0,
  );
  const tallest = Math.max(...placed.map(({ layout }) => layout.height));
  const columnHeight = Math.max(tallest, Math.sqrt(area / aspect));
  const corners: Point[] = [];
  const routes: Point[][] = [];
  const at = { x: 0, y: 0, columnWidth: 0 };
  const size = { width: 0, height: 0 };
  for (const { nodes, edges, layout } of placed.toSorted((a, b) => b.nodes.length - a.nodes.length)) {
    if (at.y > 0 && at.y + layout.height > columnHeight) {
      at.x += at.columnWidth + graph.gap.across;
      at.y = at.columnWidth = 0;
    }
    const move = ({ x, y }: Point): Point => ({ x: x + at.x, y: y + at.y });
    for (const [index, number] of nodes.entries()) corners[number] = move(layout.corners[index] ?? at);
    for (const [index, number] of edges.entries()) routes[number] = (layout.routes[index] ?? []).map(move);
    size.width = Math.max(size.width, at.x + layout.width);
    size.height = Math.max(size.height, at.y + layout.height);
    at.columnWidth = Math.max(at.columnWidth, layout.width);
    at.y += layout.height + graph.gap.down;
  }
  return { corners, routes, ...size };
}

/** A connected part: the numbers of its nodes and edges in the whole graph. */
interface Part {
  nodes: number[];
  edges: number[];
  graph: LayeredGraph;
}

function splitGraph(graph: LayeredGraph): Part[] {
  const neighbours = new Map(graph.nodes.map(({ id }) => [id, new Set<string>()]));
  for (const { from, to } of graph.edges) {
    neighbours.get(from)?.add(to);
    neighbours.get(to)?.add(from);
  }
  const partOf = new Map<string, Part>();
  const parts: Part[] = [];
  for (const { id } of graph.nodes) {
    if (partOf.has(id)) continue;
    const part: Part = { nodes: [], edges: [], graph };
    const members = new Set([id]);
    // Iteration over a Set includes entries added meanwhile.
    for (const member of members) for (const other of neighbours.get(member) ?? []) members.add(other);
    for (const member of members) partOf.set(member, part);
    parts.push(part);
  }
  for (const [number, { id }] of graph.nodes.entries()) partOf.get(id)?.nodes.push(number);
  for (const [number, { from }] of graph.edges.entries()) partOf.get(from)?.edges.push(number);
  return parts.map((part) => ({
    ...part,
    graph: {
      ...graph,
      nodes: part.nodes.flatMap((number) => graph.nodes[number] ?? []),
      edges: part.edges.flatMap((number) => graph.edges[number] ?? []),
    },
  }));
}
