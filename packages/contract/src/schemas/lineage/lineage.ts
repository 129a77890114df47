import { z } from 'zod';
import { jobType } from '../jobs/job-definition.ts';
import { runStatus } from '../runs/job-runs.ts';
import { freshnessState, lastPipelineRun, pipelineFreshness } from '../pipelines/pipeline-overviews.ts';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';

/** Maximum nodes in one response. */
export const maximumLineageNodes = 2000;

/** Maximum datasets in one request whose tables become nodes. */
export const maximumExpandedDatasets = 10;

/** Number of newest runs of a job that show which pipelines it still runs. */
export const lineageRunsOfJob = 10;

/** Maximum nodes that one response lists as affected, over all failures. */
export const maximumAffectedNodes = 5000;

export const lineageNodeKind = namedEnum('LineageNodeKind', ['job', 'pipeline', 'dataset', 'table']);
export type LineageNodeKind = z.output<typeof lineageNodeKind>;

/**
 * `runs`: a job ran a pipeline. `loads`: a pipeline loaded a dataset. `contains`: a dataset has a table.
 * `success`, `fail`, `freshness`: how a job depends on another, as in the job graph.
 */
export const lineageEdgeKind = namedEnum('LineageEdgeKind', [
  'runs',
  'loads',
  'contains',
  'success',
  'fail',
  'freshness',
]);
export type LineageEdgeKind = z.output<typeof lineageEdgeKind>;

export const lineageDirection = namedEnum('LineageDirection', ['both', 'upstream', 'downstream']);
export type LineageDirection = z.output<typeof lineageDirection>;

const lineageJob = responseObject('LineageJob', {
  id: uuid,
  ref: z.string(),
  type: openEnum(jobType),
  tags: z.array(z.string()),
  is_paused: z.boolean(),
  is_archived: z.boolean(),
  /** As in the list of jobs. */
  state: openEnum(runStatus).nullable(),
  /** The newest run that was not skipped. */
  last_run: responseObject('LineageJobRun', {
    id: uuid,
    number: z.int(),
    status: openEnum(runStatus),
    created_at: timestamp,
    finished_at: timestamp.nullable(),
  }).nullable(),
});

const lineageNode = responseObject('LineageNode', {
  /** `job:<ref>`, `pipeline:<name>`, `dataset:<name>` or `table:<dataset>/<table>`, both percent-encoded. */
  key: z.string(),
  kind: openEnum(lineageNodeKind),
  name: z.string(),
  /** A job that failed since it last completed, or data whose freshness is `failing`. */
  is_failing: z.boolean(),
  /** As in the lists of pipelines and datasets; null for jobs. */
  freshness_state: openEnum(freshnessState).nullable(),
  /** End of the newest run of a job; of the last successful load of data. Null if unknown. */
  updated_at: timestamp.nullable(),
  /** Rows of that load. For a dataset, of the pipeline that loaded it last. */
  rows_loaded: z.int().nullable(),
  /** When the schema last changed after its first version. Null for jobs, and if it never did. */
  schema_changed_at: timestamp.nullable(),
  job: lineageJob.nullable(),
  pipeline: responseObject('LineagePipeline', {
    freshness: pipelineFreshness,
    last_run: lastPipelineRun.nullable(),
  }).nullable(),
  dataset: responseObject('LineageDataset', {
    destination_names: z.array(z.string()),
    table_count: z.int(),
    /** Whether its tables are nodes of the response. */
    is_expanded: z.boolean(),
  }).nullable(),
  table: responseObject('LineageTable', {
    dataset_name: z.string(),
    /** Pipelines whose schema has the table. */
    pipeline_names: z.array(z.string()),
  }).nullable(),
});

const lineageEdge = responseObject('LineageEdge', {
  /** Keys of nodes. */
  from: z.string(),
  to: z.string(),
  kind: openEnum(lineageEdgeKind),
  /** The trigger or constraint between two jobs, in English; null for data. */
  text: z.string().nullable(),
  /**
   * The last pipeline run by this job, among its last 10 runs, or the last successful load of this dataset
   * or table. Null if none is known.
   */
  last_at: timestamp.nullable(),
  /** Rows of that run. */
  rows_loaded: z.int().nullable(),
  /** Whether that run failed. */
  is_failed: z.boolean(),
});

/** What is affected by a failure: each node with the edge that leads to it from the failure. */
const lineageFailure = responseObject('LineageFailure', {
  key: z.string(),
  /** When the failed run was created. */
  failed_at: timestamp.nullable(),
  affected: z.array(
    responseObject('AffectedLineageNode', {
      key: z.string(),
      from: z.string(),
      kind: openEnum(lineageEdgeKind),
    }),
  ),
  /** More nodes are affected than one response lists. */
  is_cut: z.boolean(),
});

/** What ran and what it loaded, as a graph. Connected nodes are adjacent; around a node, the nearest come first. */
export const lineageResponse = responseObject('LineageResponse', {
  nodes: z.array(lineageNode),
  /** Only between returned nodes. */
  edges: z.array(lineageEdge),
  /** Only of returned nodes, and with returned nodes. */
  failures: z.array(lineageFailure),
  /** Jobs that ran no pipeline and are tied to no other job. They are not nodes. */
  unconnected_job_count: z.int(),
  /** There are more nodes than one response contains. */
  is_truncated: z.boolean(),
});
export type LineageResponse = z.output<typeof lineageResponse>;
