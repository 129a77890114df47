import type { RouteQueryInput } from '@pumphouse/contract';

/** What the address of the list of jobs says. Words that the server does not know are dropped before it is asked. */
export interface JobSearch {
  q?: string | undefined;
  status?: string[] | undefined;
  trigger_kind?: string[] | undefined;
  tags?: string[] | undefined;
  show?: 'paused' | 'archived' | undefined;
  sort?: 'name' | 'last_run_at' | 'next_start_at' | undefined;
  order?: 'asc' | 'desc' | undefined;
}

type JobQuery = NonNullable<RouteQueryInput<'list_job_overviews'>>;

/** Words of filters, in the order of their menus. */
export const statusFilters = ['failed', 'completed', 'running', 'pending', 'cancelled', 'skipped'] as const;
export const triggerFilters = [
  ['schedule', 'Schedule'],
  ['every', 'Every so often'],
  ['once', 'Once'],
  ['job.success', 'After a job succeeds'],
  ['job.fail', 'After a job fails'],
  ['webhook', 'Webhook'],
  ['http', 'App'],
  ['manual', 'By hand'],
] as const;

/** States that the word `running` of the filter stands for. */
const activeStates = ['starting', 'running', 'cancelling'] as const;

/** The query that a search asks for. Archived jobs are shown apart: they are out of service. */
export function toJobQuery(search: JobSearch): JobQuery {
  const status = statusFilters.filter((word) => search.status?.includes(word));
  const states = status.flatMap((word) => (word === 'running' ? [...activeStates] : [word]));
  const kinds = triggerFilters.map(([kind]) => kind).filter((kind) => search.trigger_kind?.includes(kind));
  const sort = search.sort ?? 'name';
  return {
    limit: 100,
    is_archived: search.show === 'archived',
    sort: [sort],
    order: [search.order ?? firstOrder[sort]],
    ...(search.q !== undefined && { q: search.q }),
    ...(states.length > 0 && { status: states }),
    ...(kinds.length > 0 && { trigger_kind: kinds }),
    ...(search.tags !== undefined && search.tags.length > 0 && { tags: search.tags }),
    ...(search.show === 'paused' && { is_paused: true }),
  };
}

/** How a column is sorted at the first click on it: names from A, the latest run and the soonest start first. */
const firstOrder = { name: 'asc', last_run_at: 'desc', next_start_at: 'asc' } as const;

/** What the address says after a click on the head of a column. */
export function nextSort(
  search: JobSearch,
  column: NonNullable<JobSearch['sort']>,
): Pick<JobSearch, 'sort' | 'order'> {
  const { sort = 'name' } = search;
  const order = sort === column ? (search.order ?? firstOrder[column]) : null;
  const next = order === null ? firstOrder[column] : order === 'asc' ? 'desc' : 'asc';
  return {
    sort: column === 'name' ? undefined : column,
    order: next === firstOrder[column] ? undefined : next,
  };
}

/** The direction in which a column is sorted now, as `aria-sort` has it; undefined for the others. */
export function sortOf(
  search: JobSearch,
  column: NonNullable<JobSearch['sort']>,
): 'ascending' | 'descending' | undefined {
  if ((search.sort ?? 'name') !== column) return undefined;
  return (search.order ?? firstOrder[column]) === 'asc' ? 'ascending' : 'descending';
}

/** Whether something is left out, so that an empty list does not mean that there are no jobs. */
export function isFiltered({ q, status, trigger_kind: kind, tags, show }: JobSearch): boolean {
  return [q, status, kind, tags, show].some((each) => each !== undefined);
}
