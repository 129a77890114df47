import type { LineageEdge, LineageScope } from './lineage-graph.ts';

/** Edges over which new data of a job reaches another job. */
const followKinds: ReadonlySet<string> = new Set(['success', 'freshness']);

/**
 * Lists the keys upstream and downstream of a node, itself first, then the nearest. Telemetry does not tell
 * which jobs read a dataset. So the jobs that follow a job that loads it, or wait for its freshness, are
 * downstream of the dataset, of its tables and of the pipeline.
 */
export function surroundNode(
  around: string,
  edges: readonly LineageEdge[],
  { direction, depth }: Pick<LineageScope, 'direction' | 'depth'>,
): string[] {
  const steps = depth ?? Infinity;
  const parents = index(edges, ({ from, to }) => [to, from]);
  const children = index(edges, ({ from, to }) => [from, to]);
  const up = walk(new Map([[around, 0]]), parents, steps);
  const followers = around.startsWith('job:') ? [] : listFollowers(around, edges);
  const start = new Map([[around, 0], ...followers.map((key) => [key, 1] as const)]);
  const down = walk(start, children, steps);
  const found = new Map(direction === 'upstream' ? [] : down);
  for (const [key, distance] of direction === 'downstream' ? [] : up)
    found.set(key, Math.min(distance, found.get(key) ?? Infinity));
  return [...found].toSorted(([, a], [, b]) => a - b).map(([key]) => key);
}

/** Lists the jobs that follow the jobs that load a node of data. */
function listFollowers(key: string, edges: readonly LineageEdge[]): string[] {
  const dataEdges = edges.filter(({ kind }) => ['runs', 'loads', 'contains'].includes(kind));
  const sources = walk(
    new Map([[key, 0]]),
    index(dataEdges, ({ from, to }) => [to, from]),
    Infinity,
  );
  return edges
    .filter(({ kind, from, to }) => followKinds.has(kind) && sources.has(from) && !sources.has(to))
    .map(({ to }) => to);
}

function walk(
  start: ReadonlyMap<string, number>,
  next: ReadonlyMap<string, readonly string[]>,
  steps: number,
): Map<string, number> {
  const distances = new Map(start);
  // Iteration over a Map includes entries added meanwhile.
  for (const [key, distance] of distances) {
    if (distance >= steps) continue;
    for (const other of next.get(key) ?? []) if (!distances.has(other)) distances.set(other, distance + 1);
  }
  return distances;
}

function index(
  edges: readonly LineageEdge[],
  ends: (edge: LineageEdge) => [from: string, to: string],
): Map<string, string[]> {
  const next = new Map<string, string[]>();
  for (const edge of edges) {
    const [from, to] = ends(edge);
    const known = next.get(from);
    if (known) known.push(to);
    else next.set(from, [to]);
  }
  return next;
}
