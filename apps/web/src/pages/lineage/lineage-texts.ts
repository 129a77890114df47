import type { LineageResponse } from '@pumphouse/contract';
import type { StateAppearance } from '../../ui/run-states.ts';
import { isTag, type LineageEdge, type ShownNode } from './lineage-fold.ts';
import { formatCompactCount, formatNoun, formatRelative } from '../../ui/format.ts';
import { shortenJobName } from '../../details/job-name.ts';
import { freshnessAppearance } from '../../details/freshness.ts';
import { runStates, stateAppearance } from '../../ui/run-states.ts';

const unknown: StateAppearance = { word: 'Unknown', glyph: '–', colour: 'cancelled' };

/** The name as it is shown. */
export function nameOfNode(node: ShownNode): string {
  return node.kind === 'job' ? shortenJobName(node.name) : node.name;
}

/** The state of a node, as on the page of the job or of the data. */
export function stateOfNode(node: ShownNode): StateAppearance {
  if (isTag(node)) return node.failingCount > 0 ? runStates.failed : unknown;
  if (node.kind !== 'job')
    return node.freshness_state === null ? unknown : freshnessAppearance(node.freshness_state);
  const last = node.job?.last_run?.status ?? '';
  const isActive = ['pending', 'starting', 'running', 'cancelling'].includes(last);
  const status = isActive ? last : node.job?.state;
  return status ? stateAppearance(status) : unknown;
}

const recentChangeMs = 7 * 86_400_000;

/** Whether the schema changed within 7 days. */
export function hasRecentChange(node: ShownNode, now: Date): boolean {
  if (isTag(node) || node.schema_changed_at === null) return false;
  return now.getTime() - new Date(node.schema_changed_at).getTime() < recentChangeMs;
}

/**
 * The second line of a node: what it is, its size and its age.
 * @param isAffected whether a failure upstream affects it
 */
export function describeNode(node: ShownNode, now: Date, isAffected = false): string {
  if (isTag(node)) return `tag · ${formatNoun(node.jobCount, 'job')}`;
  const parts: (string | false | null | undefined)[] = [
    node.kind,
    isAffected && 'affected',
    node.job?.is_archived === true && 'archived',
    node.job?.is_paused === true && !node.job.is_archived && 'paused',
    node.dataset && formatNoun(node.dataset.table_count, 'table'),
    node.rows_loaded !== null && formatNoun(node.rows_loaded, 'row', 'rows', formatCompactCount),
    node.updated_at !== null && formatAge(node.updated_at, now),
  ];
  return parts.filter(Boolean).join(' · ');
}

const edgeTexts: Record<string, string> = {
  runs: 'run by',
  loads: 'loaded by',
  contains: 'in',
};

/** Why a node is affected: the edge that leads to it from the failure. */
export function describeReason(kind: string, from: string): string {
  if (kind === 'success') return `starts on success of ${from}`;
  if (kind === 'freshness') return `waits until ${from} is fresh`;
  return `${edgeTexts[kind] ?? 'after'} ${from}`;
}

/** An edge as a sentence, for its tooltip. */
export function describeEdge(edge: LineageEdge, nameOf: (key: string) => string, now: Date): string {
  const [from, to] = [nameOf(edge.from), nameOf(edge.to)];
  if (edge.kind === 'success') return `${to} starts on success of ${from}`;
  if (edge.kind === 'fail') return `${to} starts on failure of ${from}`;
  if (edge.kind === 'freshness') return `${to} waits until ${from} is fresh`;
  const what = `${to} ${edgeTexts[edge.kind] ?? 'after'} ${from}`;
  if (edge.last_at === null)
    return edge.kind === 'runs' ? `${what}, but not by its last 10 runs` : `${what}, no load is stored`;
  const rows = edge.rows_loaded === null ? '' : `, ${formatNoun(edge.rows_loaded, 'row')}`;
  return `${what} ${formatAge(edge.last_at, now)}${edge.is_failed ? ', failed' : rows}`;
}

/** Keys of all nodes that a failure affects. */
export function listAffectedKeys({ failures }: Pick<LineageResponse, 'failures'>): ReadonlySet<string> {
  return new Set(failures.flatMap(({ affected }) => affected.map(({ key }) => key)));
}

/** Whether a name contains the search text, in any case. */
export function matchesSearch(node: ShownNode, search: string | undefined): boolean {
  if (search === undefined) return false;
  const text = search.toLowerCase();
  const names = isTag(node) ? [node.name] : [node.name, node.job?.ref ?? ''];
  return names.some((name) => name.toLowerCase().includes(text));
}

/** A time in the past. The clock of the drawing is up to a minute behind, which must not read as the future. */
function formatAge(at: string, now: Date): string {
  const instant = new Date(at);
  return formatRelative(instant, now < instant ? instant : now);
}
