import type { LineageDirection, LineageEdgeKind } from '@pumphouse/contract';
import type { TiedJob } from '../jobs/job-graph.ts';

/** A pipeline that a job ran, and a dataset that it loaded. */
export interface JobPipeline {
  jobId: string;
  pipelineName: string;
  /** Null for runs that named no dataset. */
  datasetName: string | null;
}

/** The tables of one pipeline in a dataset. */
export interface DatasetTables {
  datasetName: string;
  pipelineName: string;
  tableNames: readonly string[];
}

export interface LineageSource {
  jobs: readonly TiedJob[];
  runs: readonly JobPipeline[];
  /** Only of datasets whose tables become nodes. */
  tables: readonly DatasetTables[];
}

/** A node by what it stands for. */
export type LineageNode =
  | { key: string; kind: 'job'; jobId: string }
  | { key: string; kind: 'pipeline' | 'dataset'; name: string }
  | { key: string; kind: 'table'; datasetName: string; name: string; pipelineNames: string[] };

export interface LineageEdge {
  from: string;
  to: string;
  kind: LineageEdgeKind;
}

/** The nodes around one, or all of them. */
export interface LineageScope {
  /** The key of a node. */
  around: string | null;
  direction: LineageDirection;
  /** Maximum number of edges from the node; null for any. */
  depth: number | null;
  /** Maximum number of nodes. */
  limit: number;
}

export interface Lineage {
  nodes: LineageNode[];
  /** Only between these nodes. */
  edges: LineageEdge[];
  /** Jobs in service without an edge. */
  unconnectedJobCount: number;
  isTruncated: boolean;
}
