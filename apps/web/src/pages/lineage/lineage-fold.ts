import type { LineageResponse } from '@pumphouse/contract';

export type LineageNode = LineageResponse['nodes'][number];
export type LineageEdge = LineageResponse['edges'][number];

/** The jobs of a tag, and the pipelines that only they run, drawn as one node. */
export interface TagNode {
  key: string;
  kind: 'tag';
  name: string;
  /** Keys of the nodes it replaces. */
  members: readonly string[];
  jobCount: number;
  failingCount: number;
}

export type ShownNode = LineageNode | TagNode;

export const isTag = (node: ShownNode): node is TagNode => 'members' in node;

/** The graph as it is drawn, with folded tags. */
export interface ShownLineage {
  nodes: ShownNode[];
  edges: LineageEdge[];
  /** The shown node of each key: itself, or the tag that it is folded into. */
  shownKey: (key: string) => string;
}

/** Lists the tags of all jobs in alphabetical order. */
export function listTags({ nodes }: Pick<LineageResponse, 'nodes'>): string[] {
  return [...new Set(nodes.flatMap(({ job }) => job?.tags ?? []))].toSorted();
}

/**
 * Folds the jobs of each tag into one node, with the pipelines that only they run. A job with several of the
 * tags belongs to the first. Edges within a tag vanish; others lead from or to it, once for each kind.
 */
export function foldTags(
  { nodes, edges }: Pick<LineageResponse, 'nodes' | 'edges'>,
  tags: readonly string[],
): ShownLineage {
  const tagOf = findTags(nodes, edges, tags);
  const shownKey = (key: string) => {
    const tag = tagOf.get(key);
    return tag === undefined ? key : `tag:${tag}`;
  };
  const drawn = new Map<string, LineageEdge>();
  for (const edge of edges) {
    const moved = { ...edge, from: shownKey(edge.from), to: shownKey(edge.to) };
    const key = JSON.stringify([moved.from, moved.kind, moved.to]);
    if (moved.from !== moved.to && !drawn.has(key)) drawn.set(key, moved);
  }
  const tagNodes = tags.flatMap((tag) => {
    const members = nodes.filter(({ key }) => tagOf.get(key) === tag);
    return members.length === 0 ? [] : [makeTagNode(tag, members)];
  });
  return {
    nodes: [...tagNodes, ...nodes.filter(({ key }) => !tagOf.has(key))],
    edges: [...drawn.values()],
    shownKey,
  };
}

function makeTagNode(tag: string, members: readonly LineageNode[]): TagNode {
  const jobs = members.filter(({ kind }) => kind === 'job');
  return {
    key: `tag:${tag}`,
    kind: 'tag',
    name: tag,
    members: members.map(({ key }) => key),
    jobCount: jobs.length,
    failingCount: members.filter((node) => node.is_failing).length,
  };
}

function findTags(
  nodes: readonly LineageNode[],
  edges: readonly LineageEdge[],
  tags: readonly string[],
): Map<string, string> {
  const tagOf = new Map<string, string>();
  for (const { key, job } of nodes) {
    const tag = tags.find((each) => job?.tags.includes(each));
    if (tag !== undefined) tagOf.set(key, tag);
  }
  const runners = Map.groupBy(
    edges.filter(({ kind }) => kind === 'runs'),
    ({ to }) => to,
  );
  for (const [pipeline, runs] of runners) {
    const found = new Set(runs.map(({ from }) => tagOf.get(from)));
    const [tag] = found;
    if (found.size === 1 && tag !== undefined) tagOf.set(pipeline, tag);
  }
  return tagOf;
}
