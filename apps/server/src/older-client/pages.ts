import { defaultPageLimit, maximumPageLimit, maximumPageOffset, queryInteger } from '@pumphouse/contract';
import { z } from 'zod';

/** The query of a list; the client reads only the first 100 rows. */
export const pageQuery = z.object({
  limit: queryInteger({ minimum: 1, maximum: maximumPageLimit }).default(defaultPageLimit),
  offset: queryInteger({ minimum: 0, maximum: maximumPageOffset }).default(0),
});

interface Page<Item> {
  items: readonly Item[];
  limit: number;
  offset: number;
  total: number;
  next_cursor?: string | null | undefined;
}

export function toOlderPage<Item, Shown>(
  { items, total, limit, offset }: Page<Item>,
  toItem: (item: Item) => Shown,
) {
  return { items: items.map(toItem), total, limit, offset };
}

/** Reads all pages of a list that the older client expects whole. */
export async function readAll<Item>(
  read: (query: { limit: number; cursor?: string }) => Promise<Page<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await read({ limit: maximumPageLimit, ...(cursor ? { cursor } : {}) });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}
