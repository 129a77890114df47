import type { JobGraphResponse } from '@pumphouse/contract';
import type { LayeredGraph, LayeredLayout } from '../../graph/layered-layout.ts';
import { drawRoute } from '../../graph/draw-route.ts';

type JobGraph = Pick<JobGraphResponse, 'nodes' | 'edges'>;
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
  /** SVG path data, from the side of one job to the side of the other. */
  path: string;
}

export interface GraphLayout {
  jobs: PlacedJob[];
  edges: PlacedEdge[];
  width: number;
  height: number;
}

/** Describes the jobs and their edges for the layout. */
export function describeJobGraph(graph: JobGraph): LayeredGraph {
  return {
    nodes: graph.nodes.map(({ id }) => ({ id, height: nodeSize.height })),
    nodeWidth: nodeSize.width,
    edges: listDrawnEdges(graph).map(({ from_job_id: from, to_job_id: to }) => ({ from, to })),
    gap,
  };
}

/** Places the jobs and their edges by the layout of `describeJobGraph`. */
export function placeJobs(graph: JobGraph, { corners, routes, width, height }: LayeredLayout): GraphLayout {
  return {
    jobs: graph.nodes.flatMap((job, number) => {
      const corner = corners[number];
      return corner ? [{ job, ...corner }] : [];
    }),
    edges: listDrawnEdges(graph).map((edge, number) => ({ edge, path: drawRoute(routes[number] ?? []) })),
    width,
    height,
  };
}

/** A truncated graph may have edges without one of their jobs. */
function listDrawnEdges({ nodes, edges }: JobGraph): GraphEdge[] {
  const ids = new Set(nodes.map(({ id }) => id));
  return edges.filter(({ from_job_id: from, to_job_id: to }) => from !== to && ids.has(from) && ids.has(to));
}
