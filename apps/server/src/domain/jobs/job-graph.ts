import type { JobEdgeKind } from '@pumphouse/contract';

/**
 * Returns the trigger that the end of a run fires: that of jobs that start after success or after failure.
 */
export function jobEvent(kind: Exclude<JobEdgeKind, 'freshness'>, ref: string): string {
  return `job.${kind}:${ref}`;
}

/** The fields of a job that its edges depend on. */
export interface TiedJob {
  id: string;
  jobRef: string;
  jobType: string;
  isArchived: boolean;
  triggers: readonly string[];
  /** The jobs whose freshness this job waits for. */
  upstreamRefs: readonly string[];
}

export interface JobEdge {
  fromId: string;
  toId: string;
  kind: JobEdgeKind;
}

export interface JobGraph<Job extends TiedJob> {
  jobs: Job[];
  /** Only edges between the listed jobs. */
  edges: JobEdge[];
  /** There are more jobs than the limit. */
  isTruncated: boolean;
}

/**
 * Lists the edges between jobs, each from the job that ends to the job that it starts or that waits for it.
 * Edges from a job to itself are omitted. An archived job depends on nothing, and the end of an interactive
 * job fires no event.
 */
export function listJobEdges(jobs: readonly TiedJob[]): JobEdge[] {
  const followers = groupFollowers(jobs);
  return jobs.flatMap((job) =>
    (['success', 'fail', 'freshness'] as const).flatMap((kind) => {
      if (kind !== 'freshness' && job.jobType === 'interactive') return [];
      const tie = kind === 'freshness' ? job.jobRef : jobEvent(kind, job.jobRef);
      const tied = (kind === 'freshness' ? followers.byUpstream : followers.byTrigger).get(tie) ?? [];
      return tied.filter((id) => id !== job.id).map((toId) => ({ fromId: job.id, toId, kind }));
    }),
  );
}

function groupFollowers(jobs: readonly TiedJob[]) {
  const byTrigger = new Map<string, string[]>();
  const byUpstream = new Map<string, string[]>();
  for (const { id, isArchived, triggers, upstreamRefs } of jobs) {
    if (isArchived) continue;
    for (const trigger of new Set(triggers)) addTo(byTrigger, trigger, id);
    for (const ref of new Set(upstreamRefs)) addTo(byUpstream, ref, id);
  }
  return { byTrigger, byUpstream };
}

function addTo(lists: Map<string, string[]>, key: string, id: string): void {
  const list = lists.get(key);
  if (list) list.push(id);
  else lists.set(key, [id]);
}

/**
 * Builds the graph around one job: the job, its upstreams and its downstreams at any distance, nearest first.
 * Empty if the job does not exist.
 */
export function surroundJob<Job extends TiedJob>(
  jobs: readonly Job[],
  jobId: string,
  limit: number,
): JobGraph<Job> {
  const edges = listJobEdges(jobs);
  const downwards = walkFrom(jobId, edges, ({ fromId, toId }) => [fromId, toId]);
  const upwards = walkFrom(jobId, edges, ({ fromId, toId }) => [toId, fromId]);
  const distances = new Map([...downwards, ...upwards].toSorted(([, a], [, b]) => b - a));
  const reached = jobs
    .filter(({ id }) => distances.has(id))
    .toSorted((a, b) => (distances.get(a.id) ?? 0) - (distances.get(b.id) ?? 0));
  return cut(reached, edges, limit);
}

/** Counts the steps to each reachable job; 0 for the first. */
function walkFrom(
  startId: string,
  edges: readonly JobEdge[],
  ends: (edge: JobEdge) => [from: string, to: string],
): Map<string, number> {
  const next = new Map<string, string[]>();
  for (const edge of edges) addTo(next, ...ends(edge));
  const distances = new Map([[startId, 0]]);
  // Iteration over a Map includes entries added meanwhile.
  for (const [id, distance] of distances) {
    for (const other of next.get(id) ?? []) if (!distances.has(other)) distances.set(other, distance + 1);
  }
  return distances;
}

/**
 * Builds the graph of all jobs: connected jobs first, grouped by component, then unconnected active jobs,
 * each in order of ref.
 */
export function drawJobs<Job extends TiedJob>(jobs: readonly Job[], limit: number): JobGraph<Job> {
  const edges = listJobEdges(jobs);
  const sorted = jobs.toSorted((a, b) => (a.jobRef < b.jobRef ? -1 : 1));
  const byId = new Map(sorted.map((job) => [job.id, job]));
  const neighbours = new Map<string, string[]>();
  for (const { fromId, toId } of edges) {
    addTo(neighbours, fromId, toId);
    addTo(neighbours, toId, fromId);
  }
  const tied = new Set<string>();
  for (const { id } of sorted) {
    if (!neighbours.has(id) || tied.has(id)) continue;
    const group = new Set([id]);
    for (const member of group) for (const other of neighbours.get(member) ?? []) group.add(other);
    for (const member of group) tied.add(member);
  }
  const others = sorted.filter(({ id, isArchived }) => !isArchived && !tied.has(id));
  const first = [...tied].flatMap((id) => byId.get(id) ?? []);
  return cut([...first, ...others], edges, limit);
}

function cut<Job extends TiedJob>(jobs: Job[], edges: readonly JobEdge[], limit: number): JobGraph<Job> {
  const chosen = jobs.slice(0, limit);
  const ids = new Set(chosen.map(({ id }) => id));
  return {
    jobs: chosen,
    edges: edges.filter(({ fromId, toId }) => ids.has(fromId) && ids.has(toId)),
    isTruncated: jobs.length > chosen.length,
  };
}
