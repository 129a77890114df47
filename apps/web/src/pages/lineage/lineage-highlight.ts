import type { LineageResponse } from '@pumphouse/contract';
import { isTag, type ShownLineage } from './lineage-fold.ts';

/** What a selection emphasizes; empty without a selection. */
export interface Highlight {
  /** Keys of shown nodes. */
  keys: ReadonlySet<string>;
}

/**
 * Emphasizes what is affected by the selected node, if it fails, else its neighbours. A folded tag stands
 * for all its members.
 */
export function highlightOf(
  { failures }: Pick<LineageResponse, 'failures'>,
  { nodes, edges, shownKey }: ShownLineage,
  selected: string | undefined,
): Highlight {
  if (selected === undefined) return { keys: new Set() };
  const own = shownKey(selected);
  const tag = nodes.find(({ key }) => key === own);
  const members = tag && isTag(tag) ? tag.members : [selected];
  const affected = failures.filter(({ key }) => members.includes(key)).flatMap((failure) => failure.affected);
  if (affected.length > 0) return { keys: new Set([own, ...affected.map(({ key }) => shownKey(key))]) };
  const neighbours = edges.flatMap(({ from, to }) => (from === own ? [to] : to === own ? [from] : []));
  return { keys: new Set([own, ...neighbours]) };
}
