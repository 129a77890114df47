import {
  activeRunStates,
  runStates,
  triggerKind,
  type RouteQueryInput,
  type RunCountsResponse,
  type RunState,
  type TriggerKind,
} from '@pumphouse/contract';
import { formatShortInstant } from '../../ui/format.ts';
import { readSorting } from '../../search/sorting.ts';
import { startOfRange } from './run-range.ts';
import type { TimeRange } from './timeline/time-view.ts';

/** Search parameters of the run list. Values that the server does not know are dropped from the request. */
export interface RunSearch {
  q?: string | undefined;
  status?: string[] | undefined;
  job_id?: string | undefined;
  trigger_kind?: string[] | undefined;
  profile?: string[] | undefined;
  pipeline_name?: string[] | undefined;
  backfill_id?: string | undefined;
  /** The active run that they wait for. */
  waiting_for?: string | undefined;
  /** The range in which they were created, up to now. `from` and `to` replace it. */
  range?: TimeRange | undefined;
  /** The range in which they were created, in ISO 8601; `to` is exclusive. */
  from?: string | undefined;
  to?: string | undefined;
  /** A key of `sortKeys`; with `-` for the largest first. */
  sort?: string | undefined;
}

type RunQuery = NonNullable<RouteQueryInput<'list_run_overviews'>>;
type CountsQuery = NonNullable<RouteQueryInput<'count_run_overviews'>>;

/** What the list can be sorted by: each has an index. */
const sortKeys = ['created_at', 'started_at', 'duration_seconds'] as const;

/** Most runs in an exported file. */
export const maxExportedRuns = 10_000;

/** Tabs above the list, each with the states that it shows. */
export const stateTabs = [
  { word: 'All', states: [] },
  { word: 'Active', states: activeRunStates },
  { word: 'Running', states: ['starting', 'running', 'cancelling'] },
  { word: 'Pending', states: ['pending'] },
  { word: 'Failed', states: ['failed'] },
  { word: 'Completed', states: ['completed'] },
  { word: 'Cancelled', states: ['cancelled'] },
  { word: 'Skipped', states: ['skipped'] },
] as const satisfies readonly { word: string; states: readonly RunState[] }[];

export type StateTabWord = (typeof stateTabs)[number]['word'];

/** Finds the tab that shows what the URL selects; undefined for a choice of states that no tab has. */
export function findStateTab(search: RunSearch): StateTabWord | undefined {
  const states = readStates(search);
  const isShown = (tab: (typeof stateTabs)[number]) =>
    tab.states.length === states.length && tab.states.every((each) => states.includes(each));
  return stateTabs.find(isShown)?.word;
}

/** Labels of trigger kinds in menu order. */
export const triggerLabels: Record<TriggerKind, string> = {
  schedule: 'Schedule',
  every: 'Interval',
  once: 'Once',
  'job.success': 'After a job succeeds',
  'job.fail': 'After a job fails',
  webhook: 'Webhook',
  http: 'On visit',
  manual: 'Manual',
};

const isUuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The valid states in the search parameters. */
function readStates({ status = [] }: RunSearch): RunState[] {
  return runStates.filter((state) => status.includes(state));
}

/** The query of the list. It stays the same for some minutes of `nowMs`. */
export function toRunQuery(search: RunSearch, nowMs: number): RunQuery {
  const states = readStates(search);
  const isActive = findStateTab(search) === 'Active';
  const sorting = readSorting(search.sort, sortKeys);
  return {
    limit: 100,
    ...toFilters(search, nowMs),
    ...(isActive ? { is_active: true } : states.length > 0 && { status: states }),
    ...(sorting !== null && { sort: [sorting.key], order: [sorting.isDescending ? 'desc' : 'asc'] }),
  };
}

/** The query of the counts of the list by state. */
export function toCountsQuery(search: RunSearch, nowMs: number, timezone: string): CountsQuery {
  return { ...toFilters(search, nowMs), timezone };
}

function toFilters(search: RunSearch, nowMs: number) {
  const kinds = triggerKind.options.filter((kind) => search.trigger_kind?.includes(kind));
  return {
    ...(search.q !== undefined && { q: search.q }),
    ...(search.job_id !== undefined && isUuid.test(search.job_id) && { job_id: search.job_id }),
    ...(search.backfill_id !== undefined &&
      isUuid.test(search.backfill_id) && { backfill_id: search.backfill_id }),
    ...(search.waiting_for !== undefined &&
      isUuid.test(search.waiting_for) && { waiting_for: search.waiting_for }),
    ...toRange(search, nowMs),
    ...(kinds.length > 0 && { trigger_kind: kinds }),
    ...(search.profile !== undefined && { profile: search.profile }),
    ...(search.pipeline_name !== undefined && { pipeline_name: search.pipeline_name }),
  };
}

/** Drops times that the server would reject. */
function toRange({ range, from, to }: RunSearch, nowMs: number): Pick<RunQuery, 'start' | 'end'> {
  const isTime = (text: string | undefined): text is string => !Number.isNaN(Date.parse(text ?? ''));
  if (range !== undefined && !isTime(from) && !isTime(to)) return { start: startOfRange(range, nowMs) };
  return {
    ...(isTime(from) && { start: new Date(from).toISOString() }),
    ...(isTime(to) && { end: new Date(to).toISOString() }),
  };
}

/** Whether a filter is set: then an empty list does not mean that there are no runs. */
export function isFiltered(search: RunSearch): boolean {
  const { sort: _sort, ...filters } = search;
  return Object.values(filters).some((each) => each !== undefined);
}

/** Number of runs of a tab. */
export function countTab(total: RunCountsResponse['total'], word: StateTabWord): number {
  const states: readonly RunState[] = stateTabs.find((tab) => tab.word === word)?.states ?? [];
  return countedStates
    .filter((counted) => states.length === 0 || states.some((state) => toCountedState(state) === counted))
    .reduce((sum, counted) => sum + total[counted], 0);
}

/** States of counts, from the bottom of a stacked bar. Failures are at the bottom, where they align. */
export const countedStates = ['failed', 'completed', 'running', 'pending', 'cancelled', 'skipped'] as const;
export type CountedState = (typeof countedStates)[number];

/** The states of the counts that the URL selects. */
export function listCountedStates(search: RunSearch): readonly CountedState[] {
  const chosen = readStates(search).map(toCountedState);
  return chosen.length === 0 ? countedStates : countedStates.filter((state) => chosen.includes(state));
}

function toCountedState(state: RunState): CountedState {
  return state === 'starting' || state === 'cancelling' ? 'running' : state;
}

/** "Created 02:10 – 04:30"; null without a valid range. One end may be open. */
export function describeRange(search: Pick<RunSearch, 'from' | 'to'>, now: Date): string | null {
  const { from, to } = search;
  const { start, end } = toRange({ from, to }, now.getTime());
  const format = (text: string) => formatShortInstant(new Date(text), now);
  if (start !== undefined && end !== undefined) return `Created ${format(start)} – ${format(end)}`;
  if (start !== undefined) return `Created from ${format(start)}`;
  return end === undefined ? null : `Created before ${format(end)}`;
}
