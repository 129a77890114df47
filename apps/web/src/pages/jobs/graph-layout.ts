import type { JobGraphResponse } from '@pumphouse/contract';

type GraphJob = JobGraphResponse['nodes'][number];
type GraphEdge = JobGraphResponse['edges'][number];

/** Sizes of the drawing, in px. */
export const nodeSize = { width: 208, height: 52 } as const;
const gap = { across: 72, down: 18 } as const;

export interface PlacedJob {
  job: GraphJob;
  x: number;
  y: number;
}

interface PlacedEdge {
  edge: GraphEdge;
  /** SVG path data, from the right side of one job to the left side of the other. */
  path: string;
}

export interface GraphLayout {
  jobs: PlacedJob[];
  edges: PlacedEdge[];
  width: number;
  height: number;
}

/**
 * Places jobs in layers from left to right: each job is right of its upstream jobs, and within a layer close
 * to them. An edge that closes a cycle points back to the left.
 */
export function layOutGraph({ nodes, edges }: Pick<JobGraphResponse, 'nodes' | 'edges'>): GraphLayout {
  const layers = orderLayers(nodes, edges, findLayers(nodes, edges));
  const highest = Math.max(0, ...layers.map(({ length }) => length));
  const height = highest * (nodeSize.height + gap.down) - (highest > 0 ? gap.down : 0);
  const jobs = layers.flatMap((layer, column) => {
    const own = layer.length * (nodeSize.height + gap.down) - gap.down;
    return layer.map((job, row) => ({
      job,
      x: column * (nodeSize.width + gap.across),
      y: (height - own) / 2 + row * (nodeSize.height + gap.down),
    }));
  });
  const placeOf = new Map(jobs.map((place) => [place.job.id, place]));
  return {
    jobs,
    edges: edges.flatMap((edge) => {
      const [from, to] = [placeOf.get(edge.from_job_id), placeOf.get(edge.to_job_id)];
      return from && to ? [{ edge, path: drawEdge(from, to) }] : [];
    }),
    width: Math.max(0, layers.length * (nodeSize.width + gap.across) - gap.across),
    height,
  };
}

/**
 * The layer of each job: one more than the highest layer of its upstream jobs. Edges that close a cycle are
 * ignored.
 */
function findLayers(nodes: readonly GraphJob[], edges: readonly GraphEdge[]): Map<string, number> {
  const sources = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const { from_job_id: from, to_job_id: to } of edges) if (from !== to) sources.get(to)?.push(from);
  const layers = new Map<string, number>();
  const open = new Set<string>();
  const visit = (id: string): number => {
    const known = layers.get(id);
    if (known !== undefined) return known;
    open.add(id);
    const before = (sources.get(id) ?? []).filter((source) => sources.has(source) && !open.has(source));
    const layer = Math.max(-1, ...before.map(visit)) + 1;
    open.delete(id);
    layers.set(id, layer);
    return layer;
  };
  for (const { id } of nodes) visit(id);
  return layers;
}

function orderLayers(
  nodes: readonly GraphJob[],
  edges: readonly GraphEdge[],
  layerOf: ReadonlyMap<string, number>,
): GraphJob[][] {
  const layers: (GraphJob[] | undefined)[] = [];
  for (const job of nodes) (layers[layerOf.get(job.id) ?? 0] ??= []).push(job);
  const rowOf = new Map<string, number>();
  return Array.from(layers, (layer = []) => {
    const placed = layer
      .map((job) => ({ job, row: meanRow(job, edges, rowOf) }))
      .toSorted((one, other) => one.row - other.row || one.job.ref.localeCompare(other.job.ref))
      .map(({ job }) => job);
    for (const [row, { id }] of placed.entries()) rowOf.set(id, row);
    return placed;
  });
}

/** Mean row of a job's upstream jobs. Jobs without upstream jobs are placed last. */
function meanRow(job: GraphJob, edges: readonly GraphEdge[], rowOf: ReadonlyMap<string, number>): number {
  const rows = edges.flatMap(({ from_job_id: from, to_job_id: to }) =>
    to === job.id ? (rowOf.get(from) ?? []) : [],
  );
  return rows.length === 0 ? Number.MAX_SAFE_INTEGER : rows.reduce((sum, row) => sum + row, 0) / rows.length;
}

function drawEdge(from: PlacedJob, to: PlacedJob): string {
  const [startX, startY] = [from.x + nodeSize.width, from.y + nodeSize.height / 2];
  const [endX, endY] = [to.x, to.y + nodeSize.height / 2];
  const bend = Math.max(gap.across / 2, Math.abs(endX - startX) / 2);
  return `M${startX} ${startY}C${startX + bend} ${startY} ${endX - bend} ${endY} ${endX} ${endY}`;
}
