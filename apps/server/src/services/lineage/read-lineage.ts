import type { Lineage, LineageNode, LineageScope } from '../../domain/lineage/lineage-graph.ts';
import type { LineageFailure, AffectedNode } from '../../domain/lineage/find-affected.ts';
import type { DatasetFreshness, PipelineNews, ReadFreshness } from '../pipelines/read-freshness.ts';
import type { Persistence } from '../../store/store.ts';
import type { DatasetLoadRecord, JobPipelineRunRecord, LineageJobRecord } from '../../store/records.ts';
import { buildLineage } from '../../domain/lineage/build-lineage.ts';
import { findAffected } from '../../domain/lineage/find-affected.ts';
import { jobKey, parseLineageKey, pipelineKey } from '../../domain/lineage/lineage-keys.ts';
import { createReadLineageTables, type LineageTables } from './read-lineage-tables.ts';
import { lineageRunsOfJob, maximumLineageNodes, maximumAffectedNodes } from '@pumphouse/contract';
import { ServiceError } from '../../platform/service-error.ts';

/** A lineage request: the scope, and the datasets whose tables become nodes. */
export interface LineageRequest extends Pick<LineageScope, 'around' | 'direction' | 'depth'> {
  expandedDatasets: readonly string[];
}

/** The graph with the latest state of its nodes and edges. */
export interface ReadLineage {
  lineage: Lineage;
  expandedDatasets: readonly string[];
  jobs: ReadonlyMap<string, LineageJobRecord>;
  pipelines: ReadonlyMap<string, PipelineNews>;
  /** By name. */
  datasets: ReadonlyMap<string, DatasetFreshness>;
  /** By the pair of names. */
  loads: readonly DatasetLoadRecord[];
  pipelineRuns: readonly JobPipelineRunRecord[];
  tableCounts: ReadonlyMap<string, number>;
  schemaChanges: { pipelines: ReadonlyMap<string, Date>; datasets: ReadonlyMap<string, Date> };
  tables: LineageTables;
  failures: (LineageFailure & { affected: AffectedNode[]; isCut: boolean })[];
}

export type ReadLineageGraph = ReturnType<typeof createReadLineage>;

/** Pairs of jobs and pipelines, one for each dataset: user code names pipelines, so their number is limited. */
const maxRuns = 20_000;

export function createReadLineage(
  { store }: Persistence<'jobs' | 'lineage' | 'pipelineOverviews' | 'schemaChanges'>,
  readFreshness: Pick<ReadFreshness, 'listNews' | 'readDatasets'>,
) {
  const readLineageTables = createReadLineageTables(store);

  /** Reads the structure: which nodes there are in the scope, and their edges. */
  async function readStructure(workspaceId: string, request: LineageRequest): Promise<Lineage> {
    const name = request.around === null ? null : parseLineageKey(request.around);
    const [jobs, runs, tables] = await Promise.all([
      store.jobs.listTied(workspaceId),
      store.lineage.listRuns(workspaceId, maxRuns + 1),
      readLineageTables.list(workspaceId, request.expandedDatasets, name ?? null),
    ]);
    const source = { jobs, runs: runs.slice(0, maxRuns), tables };
    const lineage = buildLineage(source, { ...request, limit: maximumLineageNodes });
    if (lineage === null || name === undefined)
      throw new ServiceError('not_found', `The lineage has no node ${request.around}.`);
    return { ...lineage, isTruncated: lineage.isTruncated || runs.length > maxRuns };
  }

  /**
   * Reads the lineage of a workspace, or of the nodes upstream and downstream of one.
   * @throws ServiceError not_found
   */
  return async function readLineage(workspaceId: string, request: LineageRequest): Promise<ReadLineage> {
    const structure = await readStructure(workspaceId, request);
    const jobIds = structure.nodes.flatMap((node) => (node.kind === 'job' ? [node.jobId] : []));
    const pipelineNames = namesOf(structure.nodes, 'pipeline');
    const datasetNames = namesOf(structure.nodes, 'dataset');
    const [
      jobs,
      news,
      datasets,
      pipelineRuns,
      loads,
      tableCounts,
      changedPipelines,
      changedDatasets,
      tables,
    ] = await Promise.all([
      store.lineage.listJobs(jobIds),
      readFreshness.listNews(workspaceId, pipelineNames),
      readFreshness.readDatasets(workspaceId, listDatasetNames(structure)),
      store.lineage.listPipelineRuns(jobIds, lineageRunsOfJob),
      store.lineage.listLoads(workspaceId, listPairs(structure)),
      store.lineage.countTables(workspaceId, datasetNames),
      store.lineage.lastChangesOfPipelines(workspaceId, pipelineNames),
      store.lineage.lastChangesOfDatasets(workspaceId, datasetNames),
      readLineageTables.read(workspaceId, structure.nodes),
    ]);
    const jobsByKey = new Map(jobs.map((job) => [jobKey(job.jobRef), job]));
    const pipelines = new Map(news.map((each) => [pipelineKey(each.pipelineName), each]));
    const lineage = leaveOutRemoved(structure, new Set([...jobsByKey.keys(), ...pipelines.keys()]));
    return {
      lineage,
      expandedDatasets: request.expandedDatasets,
      jobs: jobsByKey,
      pipelines,
      datasets: new Map(datasets.map((each) => [each.datasetName, each])),
      loads,
      pipelineRuns,
      tableCounts,
      schemaChanges: { pipelines: changedPipelines, datasets: changedDatasets },
      tables,
      failures: findFailures(lineage, jobs, news),
    };
  };
}

/** Leaves out what was removed after the structure was read, as retention removes telemetry. */
function leaveOutRemoved(structure: Lineage, found: ReadonlySet<string>): Lineage {
  const isThere = ({ kind, key }: LineageNode) => (kind !== 'job' && kind !== 'pipeline') || found.has(key);
  const nodes = structure.nodes.filter(isThere);
  const keys = new Set(nodes.map(({ key }) => key));
  return {
    ...structure,
    nodes,
    edges: structure.edges.filter(({ from, to }) => keys.has(from) && keys.has(to)),
  };
}

function namesOf(nodes: readonly LineageNode[], kind: 'pipeline' | 'dataset'): string[] {
  return nodes.flatMap((node) => (node.kind === kind ? [node.name] : []));
}

/** The datasets among the nodes, and those of tables. */
function listDatasetNames({ nodes }: Lineage): string[] {
  const names = nodes.flatMap((node) => (node.kind === 'table' ? [node.datasetName] : []));
  return [...new Set([...namesOf(nodes, 'dataset'), ...names])];
}

function listPairs({ edges }: Lineage): { pipelineName: string; datasetName: string }[] {
  return edges.flatMap(({ kind, from, to }) =>
    kind === 'loads'
      ? [{ pipelineName: from.slice('pipeline:'.length), datasetName: to.slice('dataset:'.length) }]
      : [],
  );
}

/** Lists failing nodes, each with what is affected by it, up to a maximum over all of them. */
function findFailures(
  { nodes, edges }: Lineage,
  jobs: readonly LineageJobRecord[],
  news: readonly PipelineNews[],
): ReadLineage['failures'] {
  const lastSuccessAt = new Map(
    news.flatMap((each) =>
      each.lastSuccessAt ? [[pipelineKey(each.pipelineName), each.lastSuccessAt] as const] : [],
    ),
  );
  let left = maximumAffectedNodes;
  return [...listFailingJobs(jobs), ...listFailingPipelines(news)].map((failure) => {
    const found = findAffected(failure, { nodes, edges, lastSuccessAt }, left);
    left -= found.affected.length;
    return { ...failure, ...found };
  });
}

function listFailingJobs(jobs: readonly LineageJobRecord[]): LineageFailure[] {
  return jobs
    .filter(({ isFailing, isArchived }) => isFailing && !isArchived)
    .map(({ jobRef, failedAt }) => ({ key: jobKey(jobRef), failedAt, jobKey: null }));
}

function listFailingPipelines(news: readonly PipelineNews[]): LineageFailure[] {
  return news.flatMap(({ pipelineName, lastRun, freshness }) =>
    freshness.state === 'failing' && lastRun?.status === 'failed'
      ? [{ key: pipelineKey(pipelineName), failedAt: lastRun.createdAt, jobKey: jobKey(lastRun.jobRef) }]
      : [],
  );
}
