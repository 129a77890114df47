import type { JobGraphResponse } from '@pumphouse/contract';

type Graph = Pick<JobGraphResponse, 'nodes' | 'edges'>;
type GraphJob = Graph['nodes'][number];
type GraphEdge = Graph['edges'][number];

/** A line of a tree of jobs. */
export interface TreeLine {
  /** The lines before the job: `│  └─ `. */
  branch: string;
  job: GraphJob;
  /** How the job depends on the one above it; null at the top. */
  edge: GraphEdge | null;
  /** The jobs below it are shown at an earlier line. */
  isRepeated: boolean;
}

/** Arranges a graph of jobs as trees: each job below those that it depends on. A cycle begins at any of its jobs. */
export function arrangeTree({ nodes, edges }: Graph): TreeLine[] {
  const byId = new Map(nodes.map((job) => [job.id, job]));
  const below = Map.groupBy(edges, ({ from_job_id: id }) => id);
  const dependent = new Set(edges.map(({ to_job_id: id }) => id));
  const shown = new Set<string>();
  const lines: TreeLine[] = [];

  function add(
    job: GraphJob,
    edge: GraphEdge | null,
    { branch, indent }: { branch: string; indent: string },
  ): void {
    const children = below.get(job.id) ?? [];
    const isRepeated = shown.has(job.id) && children.length > 0;
    lines.push({ branch, job, edge, isRepeated });
    if (shown.has(job.id)) return;
    shown.add(job.id);
    for (const [index, child] of children.entries()) {
      const next = byId.get(child.to_job_id);
      const isLast = index === children.length - 1;
      if (next)
        add(next, child, {
          branch: `${indent}${isLast ? '└─ ' : '├─ '}`,
          indent: `${indent}${isLast ? '   ' : '│  '}`,
        });
    }
  }

  const roots = nodes.filter(({ id }) => !dependent.has(id));
  for (const job of [...roots, ...nodes]) if (!shown.has(job.id)) add(job, null, { branch: '', indent: '' });
  return lines;
}
