import type { ListPosition, RowList, Sorting } from '../../store/records.ts';
import { saturatedTotal } from '@pumphouse/contract';
import { createBoundedMemory } from '../../platform/bounded-memory.ts';
import { encodeCursor, refuseCursor } from './list-cursor.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { isTimeZone, parseIsoInstant } from '../../domain/primitives/time-zone.ts';
import { ListPositionError } from '../../store/list-position.ts';

/** A part of a list: which rows, in which order. */
export interface PageRequest<Key extends string = never> {
  limit: number;
  offset: number;
  sorting?: Sorting<Key> | null;
  /** Where the page begins, instead of an offset. */
  after?: ListPosition | null;
  /** What names the list with its filters and sorting; its cursors carry it. '' where nobody asks for a cursor. */
  listDigest?: string;
}

/** `total` counts what the filters leave, no further than 10,001; `nextCursor` is null on the last page. */
export interface Page<Item> {
  items: Item[];
  total: number;
  nextCursor: string | null;
}

const rememberedMs = 30_000;
const mostRemembered = 1000;

/** Reads pages of lists of the store. A total that is saturated is remembered for 30 s: it can only grow, but for retention. */
export function createPageReader(now: () => number = Date.now) {
  const saturatedUntil = createBoundedMemory<number>(mostRemembered);

  async function countAll(list: { count(atMost: number): Promise<number> }, key: string): Promise<number> {
    if (key !== '' && (saturatedUntil.get(key) ?? 0) > now()) return saturatedTotal;
    const total = await list.count(saturatedTotal);
    if (key !== '' && total >= saturatedTotal) saturatedUntil.set(key, now() + rememberedMs);
    return total;
  }

  /**
   * Counts only where the rows themselves do not tell how many there are.
   * @throws ServiceError invalid_request for a cursor whose values are none of the list's
   */
  return async function readPage<Row, Key extends string>(
    page: PageRequest<Key>,
    list: RowList<Row, Key>,
  ): Promise<Page<Row>> {
    const { rows, next } = await list.read(page).catch((error: unknown) => {
      if (error instanceof ListPositionError) throw refuseCursor('is not one that this list gave');
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
 * A page of a list that is short enough to be read whole. Its cursors hold the place and the key of the last item:
 * when items come or go before it, the next page still begins behind that item.
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
  const [place, key] = after;
  const start = Number(place);
  if (after.length !== 2 || !/^\d{1,9}$/.test(place ?? '') || key === null) {
    throw refuseCursor('is not one that this list gave');
  }
  const before = items[start - 1];
  if (before !== undefined && keyOf(before) === key) return start;
  const moved = items.findIndex((item) => keyOf(item) === key);
  // The item itself is gone: what followed it has moved up.
  return moved === -1 ? Math.max(0, start - 1) : moved + 1;
}

/** Sorts by the keys, the most important first; rows without a value come last, and those that are equal keep their order. */
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

/** A window of time as a query gives it: dates without an offset are wall clock time of `timezone`. */
export interface TimeWindow {
  start?: string | undefined;
  end?: string | undefined;
  timezone: string;
}

/** @throws ServiceError invalid_request when the zone or a date is none */
export function readWindow(window: TimeWindow): { start: Date | null; end: Date | null } {
  if (!isTimeZone(window.timezone))
    throw refuseQuery('timezone', `${window.timezone} is no time zone, such as Europe/Berlin`);
  return { start: readInstant('start', window), end: readInstant('end', window) };
}

function readInstant(key: 'start' | 'end', window: TimeWindow): Date | null {
  const text = window[key];
  if (text === undefined) return null;
  const instant = parseIsoInstant(text, window.timezone);
  if (!instant) throw refuseQuery(key, `${text} is no date`);
  return instant;
}

/** What a query is refused with whose value for `key` is not as it must be. */
export function refuseQuery(key: string, message: string): ServiceError {
  return new ServiceError('invalid_request', `The query is not valid: ${key}: ${message}.`, [
    { key, message },
  ]);
}
