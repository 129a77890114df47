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

/** A node whose data is older than it would be without the failure. */
export interface OldNode {
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
 * Lists what is old because of a failure, nearest first:
 * - the pipelines that a failed job runs, unless they succeeded since the failed run was created;
 * - the datasets that an old pipeline loads, and of their tables those of an old pipeline;
 * - the jobs that start on success of a failed or old job, or wait for its freshness, and all that they load.
 * Jobs that start on failure are not old: the failure started them.
 * @param limit maximum number of nodes; more are cut
 */
export function findOld(
  failure: LineageFailure,
  parts: LineageParts,
  limit: number,
): { old: OldNode[]; isCut: boolean } {
  const outgoing = Map.groupBy(parts.edges, ({ from }) => from);
  const old = new Map<string, OldNode>();
  const take = (edge: LineageEdge) => {
    if (edge.to === failure.key || edge.to === failure.jobKey || old.has(edge.to)) return;
    old.set(edge.to, { key: edge.to, from: edge.from, kind: edge.kind });
  };
  for (const edge of outgoing.get(failure.key) ?? [])
    if (passesOn(edge) && !hasLoadedSince(edge, failure, parts)) take(edge);
  for (const edge of outgoing.get(failure.jobKey ?? '') ?? [])
    if (passesOn(edge) && edge.kind !== 'runs') take(edge);
  // Iteration over a Map includes entries added meanwhile.
  for (const key of old.keys()) for (const edge of outgoing.get(key) ?? []) if (passesOn(edge)) take(edge);
  const isOld = (key: string) => old.has(key) || key === failure.key;
  for (const edge of listTablesOf(parts, isOld)) take(edge);
  return { old: [...old.values()].slice(0, limit), isCut: old.size > limit };
}

/** Tables are decided last, when all old pipelines are known. */
function passesOn({ kind }: LineageEdge): boolean {
  return kind !== 'fail' && kind !== 'contains';
}

function hasLoadedSince(edge: LineageEdge, { failedAt }: LineageFailure, parts: LineageParts): boolean {
  if (edge.kind !== 'runs' || failedAt === null) return false;
  const lastSuccessAt = parts.lastSuccessAt.get(edge.to);
  return lastSuccessAt !== undefined && lastSuccessAt >= failedAt;
}

function listTablesOf({ nodes, edges }: LineageParts, isOld: (key: string) => boolean): LineageEdge[] {
  const writersOf = new Map(
    nodes.flatMap((node) => (node.kind === 'table' ? [[node.key, node.pipelineNames] as const] : [])),
  );
  return edges.filter(
    ({ kind, from, to }) =>
      kind === 'contains' &&
      isOld(from) &&
      (writersOf.get(to) ?? []).some((name) => isOld(pipelineKey(name))),
  );
}
