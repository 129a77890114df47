import type { LineageEdgeKind } from '@pumphouse/contract';
import type { LineageEdge, LineageNode } from './lineage-graph.ts';
import { pipelineKey } from './lineage-keys.ts';

/** A failing node: a job, or a pipeline whose last run failed. */
export interface LineageFailure {
  key: string;
  /** When the failed run was created; null if unknown. */
  failedAt: Date | null;
  /** The job that ran a failed pipeline. */
  jobKey: string | null;
}

/** A node whose data would be newer without the failure. */
export interface AffectedNode {
  key: string;
  /** The node before it on the way from the failure, and the kind of the edge between them. */
  from: string;
  kind: LineageEdgeKind;
}

interface LineageParts {
  nodes: readonly LineageNode[];
  edges: readonly LineageEdge[];
  /** When the last successful run of each pipeline was stored, by key. */
  lastSuccessAt: ReadonlyMap<string, Date>;
}

/**
 * Lists what is affected by a failure, nearest first:
 * - the pipelines that a failed job runs, unless they succeeded since the failed run was created;
 * - the datasets that an affected pipeline loads, and of their tables those of an affected pipeline;
 * - the jobs that start on success of a failed or affected job, or wait for its freshness, and all that they load.
 * Jobs that start on failure are not affected: the failure started them.
 * @param limit maximum number of nodes; more are cut
 */
export function findAffected(
  failure: LineageFailure,
  parts: LineageParts,
  limit: number,
): { affected: AffectedNode[]; isCut: boolean } {
  const outgoing = Map.groupBy(parts.edges, ({ from }) => from);
  const affected = new Map<string, AffectedNode>();
  const take = (edge: LineageEdge) => {
    if (edge.to === failure.key || edge.to === failure.jobKey || affected.has(edge.to)) return;
    affected.set(edge.to, { key: edge.to, from: edge.from, kind: edge.kind });
  };
  for (const edge of outgoing.get(failure.key) ?? [])
    if (passesOn(edge) && !hasLoadedSince(edge, failure, parts)) take(edge);
  for (const edge of outgoing.get(failure.jobKey ?? '') ?? [])
    if (passesOn(edge) && edge.kind !== 'runs') take(edge);
  // Iteration over a Map includes entries added meanwhile.
  for (const key of affected.keys())
    for (const edge of outgoing.get(key) ?? []) if (passesOn(edge)) take(edge);
  const isAffected = (key: string) => affected.has(key) || key === failure.key;
  for (const edge of listTablesOf(parts, isAffected)) take(edge);
  return { affected: [...affected.values()].slice(0, limit), isCut: affected.size > limit };
}

/** Tables are decided last, when all affected pipelines are known. */
function passesOn({ kind }: LineageEdge): boolean {
  return kind !== 'fail' && kind !== 'contains';
}

function hasLoadedSince(edge: LineageEdge, { failedAt }: LineageFailure, parts: LineageParts): boolean {
  if (edge.kind !== 'runs' || failedAt === null) return false;
  const lastSuccessAt = parts.lastSuccessAt.get(edge.to);
  return lastSuccessAt !== undefined && lastSuccessAt >= failedAt;
}

function listTablesOf({ nodes, edges }: LineageParts, isAffected: (key: string) => boolean): LineageEdge[] {
  const writersOf = new Map(
    nodes.flatMap((node) => (node.kind === 'table' ? [[node.key, node.pipelineNames] as const] : [])),
  );
  return edges.filter(
    ({ kind, from, to }) =>
      kind === 'contains' &&
      isAffected(from) &&
      (writersOf.get(to) ?? []).some((name) => isAffected(pipelineKey(name))),
  );
}
