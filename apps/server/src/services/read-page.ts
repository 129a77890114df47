import type { Sorting } from '../store/records.ts';
import { saturatedTotal } from '@pumphouse/contract';
import { ServiceError } from './service-error.ts';
import { isTimeZone, parseIsoInstant } from '../domain/time-zone.ts';

/** A part of a list: which rows, in which order. */
export interface PageRequest<Key extends string = never> {
  limit: number;
  offset: number;
  sorting?: Sorting<Key> | null;
}

/** `total` counts what the filters leave, no further than 10,001. */
export interface Page<Item> {
  items: Item[];
  total: number;
}

/** Counts only where the rows themselves do not tell how many there are. */
export async function readPage<Item>(
  page: { limit: number; offset: number },
  list: () => Promise<Item[]>,
  count: (atMost: number) => Promise<number>,
): Promise<Page<Item>> {
  const items = await list();
  const isLast = items.length < page.limit && (items.length > 0 || page.offset === 0);
  const total = isLast ? page.offset + items.length : await count(saturatedTotal);
  return { items, total: Math.min(total, saturatedTotal) };
}

/** A page of a list that is short enough to be read whole. */
export function pageOf<Item>(items: readonly Item[], page: { limit: number; offset: number }): Page<Item> {
  return {
    items: items.slice(page.offset, page.offset + page.limit),
    total: Math.min(items.length, saturatedTotal),
  };
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
    throw invalid('timezone', `${window.timezone} is no time zone, such as Europe/Berlin`);
  return { start: readInstant('start', window), end: readInstant('end', window) };
}

function readInstant(key: 'start' | 'end', window: TimeWindow): Date | null {
  const text = window[key];
  if (text === undefined) return null;
  const instant = parseIsoInstant(text, window.timezone);
  if (!instant) throw invalid(key, `${text} is no date`);
  return instant;
}

function invalid(key: string, message: string): ServiceError {
  return new ServiceError('invalid_request', `The query is not valid: ${key}: ${message}.`, [
    { key, message },
  ]);
}
