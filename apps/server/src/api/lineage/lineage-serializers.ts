import type { Freshness } from '../../domain/pipelines/pipeline-freshness.ts';
import type { LineageEdge, LineageNode } from '../../domain/lineage/lineage-graph.ts';
import type { LineageJobRecord } from '../../store/records.ts';
import type { ReadLineage } from '../../services/lineage/read-lineage.ts';
import type { RouteResponseInput } from '@pumphouse/contract';
import { describeFreshness, describeTrigger } from '../../domain/jobs/describe-trigger.ts';
import { listTags } from '../../domain/jobs/trigger.ts';
import { jobEvent } from '../../domain/jobs/job-graph.ts';
import { datasetKey, pipelineKey } from '../../domain/lineage/lineage-keys.ts';
import { sortWorstFirst } from '../../services/pipelines/read-freshness.ts';
import { toFreshness, toLastRun } from '../pipelines/pipelines-serializers.ts';
import { toInstantOrNull, toInstant } from '../serializers/instants.ts';

type LineageResponse = RouteResponseInput<'get_lineage'>;
type NodeResponse = LineageResponse['nodes'][number];
type EdgeResponse = LineageResponse['edges'][number];
/** A load by the key of what was loaded. */
type Loads = ReadonlyMap<string, { at: Date; rowsLoaded: number }>;

export function toLineage(read: ReadLineage): LineageResponse {
  const { lineage, failures } = read;
  const newestLoads = findNewestLoads(read);
  const edgeRuns = findEdgeRuns(read);
  return {
    nodes: lineage.nodes.map((node) => toNode(node, read, newestLoads)),
    edges: lineage.edges.map((edge) => toEdge(edge, read, edgeRuns)),
    failures: failures.map((failure) => ({
      key: failure.key,
      failed_at: toInstantOrNull(failure.failedAt),
      affected: failure.affected,
      is_cut: failure.isCut,
    })),
    unconnected_job_count: lineage.unconnectedJobCount,
    is_truncated: lineage.isTruncated,
  };
}

function toNode(node: LineageNode, read: ReadLineage, loads: Loads): NodeResponse {
  if (node.kind === 'job') return toJobNode(node.key, read);
  if (node.kind === 'table') return toTableNode(node, read);
  return node.kind === 'pipeline' ? toPipelineNode(node, read, loads) : toDatasetNode(node, read, loads);
}

const emptyNode = {
  is_failing: false,
  freshness_state: null,
  rows_loaded: null,
  schema_changed_at: null,
  job: null,
  pipeline: null,
  dataset: null,
  table: null,
};

function toJobNode(key: string, { jobs }: ReadLineage): NodeResponse {
  const job = jobs.get(key);
  if (!job) throw new Error(`${key} was not read`);
  return {
    ...emptyNode,
    key,
    kind: 'job',
    name: job.displayName ?? job.jobRef,
    is_failing: job.isFailing && !job.isArchived,
    updated_at: toInstantOrNull(job.runFinishedAt ?? job.runCreatedAt),
    job: {
      id: job.id,
      ref: job.jobRef,
      type: job.jobType,
      tags: listTags(job.triggers),
      is_paused: job.isPaused,
      is_archived: job.isArchived,
      state: job.state,
      last_run: toJobRun(job),
    },
  };
}

function toJobRun({ runId: id, runNumber: number, runStatus: status, ...run }: LineageJobRecord) {
  if (id === null || number === null || status === null || run.runCreatedAt === null) return null;
  return {
    id,
    number,
    status,
    created_at: toInstant(run.runCreatedAt),
    finished_at: toInstantOrNull(run.runFinishedAt),
  };
}

function toState(data: { freshness: Freshness } | undefined) {
  const state = data?.freshness.state ?? null;
  return { is_failing: state === 'failing', freshness_state: state };
}

type NamedNode = Extract<LineageNode, { kind: 'pipeline' | 'dataset' }>;

function toPipelineNode({ key, name }: NamedNode, read: ReadLineage, loads: Loads): NodeResponse {
  const news = read.pipelines.get(key);
  if (!news) throw new Error(`${key} was not read`);
  return {
    ...emptyNode,
    key,
    kind: 'pipeline',
    name,
    ...toState(news),
    updated_at: toInstantOrNull(news.lastSuccessAt),
    rows_loaded: loads.get(key)?.rowsLoaded ?? null,
    schema_changed_at: toInstantOrNull(read.schemaChanges.pipelines.get(name) ?? null),
    pipeline: { freshness: toFreshness(news), last_run: toLastRun(news.lastRun) },
  };
}

function toDatasetNode({ key, name }: NamedNode, read: ReadLineage, loads: Loads): NodeResponse {
  const destinations = read.loads
    .filter(({ datasetName }) => datasetName === name)
    .flatMap(({ destinationName }) => destinationName ?? []);
  return {
    ...emptyNode,
    key,
    kind: 'dataset',
    name,
    ...toState(read.datasets.get(name)),
    updated_at: toInstantOrNull(loads.get(key)?.at ?? null),
    rows_loaded: loads.get(key)?.rowsLoaded ?? null,
    schema_changed_at: toInstantOrNull(read.schemaChanges.datasets.get(name) ?? null),
    dataset: {
      destination_names: [...new Set(destinations)].toSorted(),
      table_count: read.tableCounts.get(name) ?? 0,
      is_expanded: read.expandedDatasets.includes(name),
    },
  };
}

function toTableNode(
  { key, name, datasetName, pipelineNames }: Extract<LineageNode, { kind: 'table' }>,
  { tables, datasets }: ReadLineage,
): NodeResponse {
  const table = tables.get(key);
  const writers = datasets.get(datasetName)?.writers ?? [];
  const [worst] = sortWorstFirst(writers.filter(({ pipelineName }) => pipelineNames.includes(pipelineName)));
  return {
    ...emptyNode,
    key,
    kind: 'table',
    name,
    ...toState(worst),
    updated_at: toInstantOrNull(table?.lastLoadedAt ?? null),
    rows_loaded: table?.rowsLastLoaded ?? null,
    schema_changed_at: toInstantOrNull(table?.schemaChangedAt ?? null),
    table: { dataset_name: datasetName, pipeline_names: pipelineNames },
  };
}

/** The newest load of each pipeline and of each dataset, by key. */
function findNewestLoads({ loads }: ReadLineage): Loads {
  const newest = new Map<string, { at: Date; rowsLoaded: number }>();
  for (const load of loads)
    for (const key of [pipelineKey(load.pipelineName), datasetKey(load.datasetName)]) {
      const other = newest.get(key);
      if (!other || other.at < load.at) newest.set(key, load);
    }
  return newest;
}

interface EdgeRun {
  at: Date;
  rowsLoaded: number | null;
  isFailed: boolean;
}

const pairKey = (from: string, to: string) => JSON.stringify([from, to]);

function findEdgeRuns({ loads, pipelineRuns, jobs, tables, lineage }: ReadLineage): Map<string, EdgeRun> {
  const refs = new Map([...jobs].map(([key, { id }]) => [id, key]));
  return new Map<string, EdgeRun>([
    ...loads.map(
      ({ pipelineName, datasetName, at, rowsLoaded }) =>
        [
          pairKey(pipelineKey(pipelineName), datasetKey(datasetName)),
          { at, rowsLoaded, isFailed: false },
        ] as const,
    ),
    ...pipelineRuns.map(
      ({ jobId, pipelineName, at, rowsLoaded, status }) =>
        [
          pairKey(refs.get(jobId) ?? '', pipelineKey(pipelineName)),
          { at, rowsLoaded, isFailed: status === 'failed' },
        ] as const,
    ),
    ...lineage.edges.flatMap(({ kind, from, to }) => {
      const table = kind === 'contains' ? tables.get(to) : undefined;
      if (!table?.lastLoadedAt) return [];
      const run = { at: table.lastLoadedAt, rowsLoaded: table.rowsLastLoaded, isFailed: false };
      return [[pairKey(from, to), run] as const];
    }),
  ]);
}

function toEdge(
  edge: LineageEdge,
  { jobs }: ReadLineage,
  edgeRuns: ReadonlyMap<string, EdgeRun>,
): EdgeResponse {
  const run = edgeRuns.get(pairKey(edge.from, edge.to));
  return {
    ...edge,
    text: describeTie(edge, jobs.get(edge.from)?.jobRef),
    last_at: toInstantOrNull(run?.at ?? null),
    rows_loaded: run?.rowsLoaded ?? null,
    is_failed: run?.isFailed ?? false,
  };
}

/** The tie between two jobs in English; null for data. */
function describeTie({ kind }: LineageEdge, ref: string | undefined): string | null {
  if (ref === undefined) return null;
  if (kind === 'success' || kind === 'fail') return describeTrigger(jobEvent(kind, ref));
  return kind === 'freshness' ? describeFreshness(`job.is_fresh:${ref}`) : null;
}
