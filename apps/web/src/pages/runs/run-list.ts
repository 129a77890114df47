import {
  activeRunStates,
  runStates,
  triggerKind,
  type RouteQueryInput,
  type RunState,
  type TriggerKind,
} from '@pumphouse/contract';
import { formatShortInstant } from '../../ui/format.ts';

/** Search parameters of the run list. Values that the server does not know are dropped from the request. */
export interface RunSearch {
  q?: string | undefined;
  status?: string[] | undefined;
  job_id?: string | undefined;
  trigger_kind?: string[] | undefined;
  profile?: string[] | undefined;
  pipeline_name?: string[] | undefined;
  backfill_id?: string | undefined;
  /** The range in which they were created, in ISO 8601; `to` is exclusive. */
  from?: string | undefined;
  to?: string | undefined;
}

type RunQuery = NonNullable<RouteQueryInput<'list_run_overviews'>>;

/** Tabs above the list, each with the states that it shows. */
export const stateTabs = [
  { word: 'All', states: [] },
  { word: 'Active', states: activeRunStates },
  { word: 'Failed', states: ['failed'] },
  { word: 'Completed', states: ['completed'] },
  { word: 'Cancelled', states: ['cancelled'] },
  { word: 'Skipped', states: ['skipped'] },
] as const satisfies readonly { word: string; states: readonly RunState[] }[];

type StateTabWord = (typeof stateTabs)[number]['word'];

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

export function toRunQuery(search: RunSearch): RunQuery {
  const states = readStates(search);
  const kinds = triggerKind.options.filter((kind) => search.trigger_kind?.includes(kind));
  const isActive = findStateTab(search) === 'Active';
  return {
    limit: 100,
    ...(search.q !== undefined && { q: search.q }),
    ...(isActive ? { is_active: true } : states.length > 0 && { status: states }),
    ...(search.job_id !== undefined && isUuid.test(search.job_id) && { job_id: search.job_id }),
    ...(search.backfill_id !== undefined &&
      isUuid.test(search.backfill_id) && { backfill_id: search.backfill_id }),
    ...toRange(search),
    ...(kinds.length > 0 && { trigger_kind: kinds }),
    ...(search.profile !== undefined && { profile: search.profile }),
    ...(search.pipeline_name !== undefined && { pipeline_name: search.pipeline_name }),
  };
}

/** Drops times that the server would reject. */
function toRange({ from, to }: RunSearch): Pick<RunQuery, 'start' | 'end'> {
  const isTime = (text: string | undefined): text is string => !Number.isNaN(Date.parse(text ?? ''));
  return {
    ...(isTime(from) && { start: new Date(from).toISOString() }),
    ...(isTime(to) && { end: new Date(to).toISOString() }),
  };
}

/** Whether a filter is set: then an empty list does not mean that there are no runs. */
export function isFiltered(search: RunSearch): boolean {
  return Object.values(search).some((each) => each !== undefined);
}

/** "Created 02:10 – 04:30"; null without a valid range. One end may be open. */
export function describeRange(search: Pick<RunSearch, 'from' | 'to'>, now: Date): string | null {
  const { start, end } = toRange(search);
  const format = (text: string) => formatShortInstant(new Date(text), now);
  if (start !== undefined && end !== undefined) return `Created ${format(start)} – ${format(end)}`;
  if (start !== undefined) return `Created from ${format(start)}`;
  return end === undefined ? null : `Created before ${format(end)}`;
}
