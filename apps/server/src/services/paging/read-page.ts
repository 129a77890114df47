import type { ListPosition, RowList, Sorting } from '../../store/records.ts';
import { LRUCache } from 'lru-cache';
import { saturatedTotal } from '@pumphouse/contract';
import { encodeCursor, refuseCursor } from './list-cursor.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { isTimeZone, parseIsoInstant } from '../../domain/primitives/time-zone.ts';
import { ListPositionError } from '../../store/list-position.ts';

const dayMs = 86_400_000;

/** A request for a part of a list: which rows, in which order. */
export interface PageRequest<Key extends string = never> {
  limit: number;
  offset: number;
  sorting?: Sorting<Key> | null;
  /** Where the page starts, instead of an offset. */
  after?: ListPosition | null;
  /** Identifies the list with its filters and sorting; part of its cursors. '' if no cursor is requested. */
  listDigest?: string;
}

/** `total` counts the filtered rows, up to 10,001; `nextCursor` is null on the last page. */
export interface Page<Item> {
  items: Item[];
  total: number;
  nextCursor: string | null;
}

const rememberedMs = 30_000;
const maxRemembered = 1000;

/**
 * Creates a function that reads pages of the store's lists. A saturated total is cached for 30 s: apart from
 * retention, it can only grow.
 */
export function createPageReader() {
  const saturated = new LRUCache<string, true>({ max: maxRemembered, ttl: rememberedMs });

  async function countAll(list: { count(atMost: number): Promise<number> }, key: string): Promise<number> {
    if (key !== '' && saturated.get(key)) return saturatedTotal;
    const total = await list.count(saturatedTotal);
    if (key !== '' && total >= saturatedTotal) saturated.set(key, true);
    return total;
  }

  /**
   * Counts only if the rows themselves do not reveal the total.
   * @throws ServiceError invalid_request for a cursor whose values do not fit the list
   */
  return async function readPage<Row, Key extends string>(
    page: PageRequest<Key>,
    list: RowList<Row, Key>,
  ): Promise<Page<Row>> {
    const { rows, next } = await list.read(page).catch((error: unknown) => {
      if (error instanceof ListPositionError) throw refuseCursor('was not returned by this list');
      throw error;
    });
    const isWhole = !page.after && next === null && (rows.length > 0 || page.offset === 0);
    const total = isWhole ? page.offset + rows.length : await countAll(list, page.listDigest ?? '');
    return {
      items: rows,
      total: Math.min(total, saturatedTotal),
      nextCursor: next && encodeCursor(page.listDigest ?? '', next),
    };
  };
}

/**
 * Returns a page of a list that is short enough to be read whole. Its cursors contain the position and the
 * key of the last item, so that the next page starts after that item even if earlier items were added or
 * removed.
 */
export function pageOf<Item>(
  items: readonly Item[],
  page: PageRequest<string>,
  keyOf: (item: Item) => string,
): Page<Item> {
  const start = page.after ? findStart(items, page.after, keyOf) : page.offset;
  const end = start + page.limit;
  const shown = items.slice(start, end);
  const last = shown.at(-1);
  const hasMore = end < items.length && last !== undefined;
  return {
    items: shown,
    total: Math.min(items.length, saturatedTotal),
    nextCursor: hasMore ? encodeCursor(page.listDigest ?? '', [String(end), keyOf(last)]) : null,
  };
}

function findStart<Item>(items: readonly Item[], after: ListPosition, keyOf: (item: Item) => string): number {
  const [scope, key] = after;
  const start = Number(scope);
  if (after.length !== 2 || !/^\d{1,9}$/.test(scope ?? '') || key === null) {
    throw refuseCursor('was not returned by this list');
  }
  const before = items[start - 1];
  if (before !== undefined && keyOf(before) === key) return start;
  const moved = items.findIndex((item) => keyOf(item) === key);
  // The item was removed, so the items after it have moved up.
  return moved === -1 ? Math.max(0, start - 1) : moved + 1;
}

/** Sorts by the keys, most important first. Items without a value come last; equal items keep their order. */
export function sortBy<Item, Key extends string>(
  items: readonly Item[],
  sorting: Sorting<Key> | null | undefined,
  valueOf: Record<Key, (item: Item) => string | number | null>,
): Item[] {
  return items.toSorted((left, right) => {
    for (const { key, order } of sorting ?? []) {
      const [a, b] = [valueOf[key](left), valueOf[key](right)];
      if (a === b) continue;
      if (a === null || b === null) return a === null ? 1 : -1;
      return (a < b ? -1 : 1) * (order === 'asc' ? 1 : -1);
    }
    return 0;
  });
}

/** A time window as in a query; dates without an offset are wall clock time in `timezone`. */
export interface TimeWindow {
  start?: string | undefined;
  end?: string | undefined;
  timezone: string;
}

/**
 * Parses a time window.
 * @throws ServiceError invalid_request if the zone or a date is not valid
 */
export function readWindow(window: TimeWindow): { start: Date | null; end: Date | null } {
  if (!isTimeZone(window.timezone))
    throw refuseQuery('timezone', `${window.timezone} is not a time zone such as Europe/Berlin`);
  return { start: readInstant('start', window), end: readInstant('end', window) };
}

/** What a range is unless a request says so, and how long it may be. */
export interface RangeLimits {
  /** From its start to its end, or to the current time. */
  pastMs: number;
  /** From there to its end, if only its start is given. */
  futureMs: number;
  maxDays: number;
}

/**
 * Parses a time window, with both ends.
 * @throws ServiceError invalid_request if the zone or a date is not valid, or the range is empty or too long
 */
export function readRange(window: TimeWindow, now: Date, limits: RangeLimits): { start: Date; end: Date } {
  const asked = readWindow(window);
  const start = asked.start ?? new Date((asked.end ?? now).getTime() - limits.pastMs);
  const end = asked.end ?? new Date(start.getTime() + limits.pastMs + limits.futureMs);
  if (start >= end) throw refuseQuery('start', 'must be before end');
  if (end.getTime() - start.getTime() > limits.maxDays * dayMs)
    throw refuseQuery('start', `must be at most ${limits.maxDays} days before end`);
  return { start, end };
}

function readInstant(key: 'start' | 'end', window: TimeWindow): Date | null {
  const text = window[key];
  if (text === undefined) return null;
  const instant = parseIsoInstant(text, window.timezone);
  if (!instant) throw refuseQuery(key, `${text} is not a date`);
  return instant;
}

/** Creates the error for a query with an invalid value for `key`. */
export function refuseQuery(key: string, message: string): ServiceError {
  return new ServiceError('invalid_request', `The query is not valid: ${key}: ${message}.`, [
    { key, message },
  ]);
}
