import {
  defaultRange,
  readView,
  toUrlTime,
  viewOfRange,
  type TimeRange,
  type TimeView,
} from './time-view.ts';

/** What the rows are grouped by. */
export const groupings = ['tag', 'schedule', 'none'] as const;
export type Grouping = (typeof groupings)[number];

/** Search parameters of the timeline. `from` and `to` are set once the view was moved; until then it follows now. */
export interface TimelineSearch {
  range?: TimeRange | undefined;
  from?: string | undefined;
  to?: string | undefined;
  group?: Grouping | undefined;
  fold?: string[] | undefined;
  q?: string | undefined;
  idle?: true | undefined;
  table?: true | undefined;
}

/** The view in the URL, or that of its range. */
export function viewOfSearch({ from, to, range = defaultRange }: TimelineSearch, nowMs: number): TimeView {
  return readView(from, to) ?? viewOfRange(range, nowMs);
}

export const isFollowing = ({ from, to }: TimelineSearch) => readView(from, to) === null;

/** The parameters of a view that was moved. */
export const toViewSearch = ({ startMs, endMs }: TimeView) => ({
  from: toUrlTime(startMs),
  to: toUrlTime(endMs),
});
