import type { RouteQueryInput } from '@pumphouse/contract';
import { readSorting } from '../../search/sorting.ts';

/** Search parameters of the job list. Values that the server does not know are dropped from the request. */
export interface JobSearch {
  q?: string | undefined;
  status?: string[] | undefined;
  trigger_kind?: string[] | undefined;
  tags?: string[] | undefined;
  show?: 'starred' | 'paused' | 'archived' | undefined;
  /** `last_run_at`, or `-last_run_at` for the newest first. */
  sort?: string | undefined;
}

const sortKeys = ['name', 'last_run_at', 'next_start_at'] as const;

type JobQuery = NonNullable<RouteQueryInput<'list_job_overviews'>>;

/** Filter values in menu order. */
export const statusFilters = ['failed', 'completed', 'running', 'pending', 'cancelled', 'skipped'] as const;
export const triggerFilters = [
  ['schedule', 'Schedule'],
  ['every', 'Interval'],
  ['once', 'Once'],
  ['job.success', 'After a job succeeds'],
  ['job.fail', 'After a job fails'],
  ['webhook', 'Webhook'],
  ['http', 'On visit'],
  ['manual', 'Manual'],
] as const;

/** States that the filter value `running` covers. */
const activeStates = ['starting', 'running', 'cancelling'] as const;

/** The order of jobs where the user chose none. */
export const starredFirst: Required<Pick<JobQuery, 'sort' | 'order'>> = {
  sort: ['starred', 'name'],
  order: ['desc', 'asc'],
};

/** Converts search parameters to a query. Archived jobs are listed separately. */
export function toJobQuery(search: JobSearch): JobQuery {
  const status = statusFilters.filter((word) => search.status?.includes(word));
  const states = status.flatMap((word) => (word === 'running' ? [...activeStates] : [word]));
  const kinds = triggerFilters.map(([kind]) => kind).filter((kind) => search.trigger_kind?.includes(kind));
  const sorting = readSorting(search.sort, sortKeys);
  return {
    limit: 50,
    is_archived: search.show === 'archived',
    ...(sorting === null
      ? starredFirst
      : { sort: [sorting.key], order: [sorting.isDescending ? 'desc' : 'asc'] }),
    ...(search.q !== undefined && { q: search.q }),
    ...(states.length > 0 && { status: states }),
    ...(kinds.length > 0 && { trigger_kind: kinds }),
    ...(search.tags !== undefined && search.tags.length > 0 && { tags: search.tags }),
    ...(search.show === 'paused' && { is_paused: true }),
    ...(search.show === 'starred' && { is_starred: true }),
  };
}

/** Whether a filter is set: then an empty list does not mean that there are no jobs. */
export function isFiltered({ q, status, trigger_kind: kind, tags, show }: JobSearch): boolean {
  return [q, status, kind, tags, show].some((each) => each !== undefined);
}
