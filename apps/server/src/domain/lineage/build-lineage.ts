import type {
  DatasetTables,
  Lineage,
  LineageEdge,
  LineageNode,
  LineageScope,
  LineageSource,
} from './lineage-graph.ts';
import type { TiedJob } from '../jobs/job-graph.ts';
import type { LineageNodeName } from './lineage-keys.ts';
import { listJobEdges } from '../jobs/job-graph.ts';
import { datasetKey, jobKey, pipelineKey, tableKey } from './lineage-keys.ts';
import { surroundNode } from './surround-node.ts';

/**
 * Builds the graph of jobs, the pipelines that they ran, the datasets that these loaded and their tables.
 * Around a node, the nearest nodes come first; else connected nodes are adjacent. An archived job is part of
 * it if a job in service follows it, or if only archived jobs ran a pipeline.
 * @returns null if the node of the scope does not exist
 */
export function buildLineage(source: LineageSource, scope: LineageScope): Lineage | null {
  const { nodes, edges } = connect(source, scope.around);
  const tied = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const unconnected = source.jobs.filter(
    ({ jobRef, isArchived, jobType }) =>
      !isArchived && jobType !== 'interactive' && !tied.has(jobKey(jobRef)),
  );
  const { around } = scope;
  if (around !== null && !nodes.has(around)) return null;
  const keys =
    around === null
      ? groupConnected([...nodes.keys()].filter((key) => tied.has(key)).toSorted(), edges)
      : surroundNode(around, edges, scope);
  const chosen = new Set(keys.slice(0, scope.limit));
  return {
    nodes: [...chosen].flatMap((key) => nodes.get(key) ?? []),
    edges: edges.filter(({ from, to }) => chosen.has(from) && chosen.has(to)),
    unconnectedJobCount: unconnected.length,
    isTruncated: keys.length > chosen.size,
  };
}

/** Names the node of a key's parts. */
export function keyOfNode(name: LineageNodeName): string {
  if (name.kind === 'job') return jobKey(name.ref);
  if (name.kind === 'table') return tableKey(name.datasetName, name.name);
  return name.kind === 'pipeline' ? pipelineKey(name.name) : datasetKey(name.name);
}

function connect(source: LineageSource, around: string | null) {
  const nodes = new Map<string, LineageNode>();
  const edges = new Map<string, LineageEdge>();
  const addEdge = (edge: LineageEdge) => edges.set(JSON.stringify([edge.kind, edge.from, edge.to]), edge);
  const jobEdges = listJobEdges(source.jobs.toSorted((a, b) => (a.jobRef < b.jobRef ? -1 : 1)));
  const keyOfJob = new Map<string, string>();
  for (const job of chooseJobs(source, jobEdges, around)) {
    const key = jobKey(job.jobRef);
    keyOfJob.set(job.id, key);
    nodes.set(key, { key, kind: 'job', jobId: job.id });
  }
  for (const { fromId, toId, kind } of jobEdges) {
    const [from, to] = [keyOfJob.get(fromId), keyOfJob.get(toId)];
    if (from !== undefined && to !== undefined) addEdge({ from, to, kind });
  }
  for (const { jobId, pipelineName, datasetName } of source.runs) {
    const key = pipelineKey(pipelineName);
    nodes.set(key, { key, kind: 'pipeline', name: pipelineName });
    const job = keyOfJob.get(jobId);
    if (job !== undefined) addEdge({ from: job, to: key, kind: 'runs' });
    if (datasetName === null) continue;
    const dataset = datasetKey(datasetName);
    nodes.set(dataset, { key: dataset, kind: 'dataset', name: datasetName });
    addEdge({ from: key, to: dataset, kind: 'loads' });
  }
  addTables(source.tables, nodes, addEdge);
  return { nodes, edges: narrowToWriters([...edges.values()], nodes, around) };
}

function addTables(
  tables: readonly DatasetTables[],
  nodes: Map<string, LineageNode>,
  addEdge: (edge: LineageEdge) => void,
): void {
  for (const { datasetName, pipelineName, tableNames } of tables) {
    if (!nodes.has(datasetKey(datasetName))) continue;
    for (const name of tableNames) {
      const key = tableKey(datasetName, name);
      const known = nodes.get(key);
      if (known?.kind !== 'table')
        nodes.set(key, { key, kind: 'table', datasetName, name, pipelineNames: [pipelineName] });
      else if (!known.pipelineNames.includes(pipelineName)) known.pipelineNames.push(pipelineName);
      addEdge({ from: datasetKey(datasetName), to: key, kind: 'contains' });
    }
  }
}

/** Around a table, only the pipelines that write it lead to its dataset. */
function narrowToWriters(
  edges: LineageEdge[],
  nodes: ReadonlyMap<string, LineageNode>,
  around: string | null,
): LineageEdge[] {
  const table = around === null ? undefined : nodes.get(around);
  if (table?.kind !== 'table') return edges;
  const writers = new Set(table.pipelineNames.map(pipelineKey));
  const dataset = datasetKey(table.datasetName);
  return edges.filter(({ kind, from, to }) => kind !== 'loads' || to !== dataset || writers.has(from));
}

function chooseJobs(
  { jobs, runs }: LineageSource,
  jobEdges: readonly { fromId: string }[],
  around: string | null,
): TiedJob[] {
  const inService = new Set(jobs.filter(({ isArchived }) => !isArchived).map(({ id }) => id));
  const current = new Set(
    runs.filter(({ jobId }) => inService.has(jobId)).map(({ pipelineName }) => pipelineName),
  );
  const lastSources = new Set(
    runs.filter(({ pipelineName }) => !current.has(pipelineName)).map(({ jobId }) => jobId),
  );
  const followed = new Set(jobEdges.map(({ fromId }) => fromId));
  return jobs.filter(
    ({ id, jobRef }) =>
      inService.has(id) || lastSources.has(id) || followed.has(id) || jobKey(jobRef) === around,
  );
}

/** Sorts keys so that connected ones are adjacent, in the order of the first of each group. */
function groupConnected(keys: readonly string[], edges: readonly LineageEdge[]): string[] {
  const neighbours = new Map<string, string[]>(keys.map((key) => [key, []]));
  for (const { from, to } of edges) {
    neighbours.get(from)?.push(to);
    neighbours.get(to)?.push(from);
  }
  const placed = new Set<string>();
  for (const key of keys) {
    if (placed.has(key)) continue;
    const group = new Set([key]);
    // Iteration over a Set includes entries added meanwhile.
    for (const member of group) for (const other of neighbours.get(member) ?? []) group.add(other);
    for (const member of group) placed.add(member);
  }
  return [...placed];
}
