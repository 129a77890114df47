import type { Page } from '../../services/paging/read-page.ts';
import type { Sorting } from '../../store/records.ts';
import { decodeCursor, digestList } from '../../services/paging/list-cursor.ts';

interface PagingQuery<Key extends string> {
  limit: number;
  offset: number;
  cursor?: string | undefined;
  sort?: readonly Key[] | undefined;
  order?: readonly ('asc' | 'desc')[] | undefined;
}

/**
 * Reads the page that a list query asks for; `sort` and `order` are parallel lists.
 * @param list tells this list apart from others with the same filters: its operation and the scope it is read
 * in
 * @throws ServiceError invalid_request for a cursor of another list or of other filters
 */
export function readPaging<Key extends string>(query: PagingQuery<Key>, list: string) {
  const sorting: Sorting<Key> = (query.sort ?? []).map((key, index) => ({
    key,
    order: query.order?.[index] ?? 'asc',
  }));
  const listDigest = digestList(list, query);
  const after = query.cursor === undefined ? null : decodeCursor(listDigest, query.cursor);
  return { limit: query.limit, offset: query.offset, sorting, after, listDigest };
}

/** Converts a page of records to its API representation. */
export function toPage<Record, Item>(
  page: Page<Record>,
  query: { limit: number; offset: number },
  toItem: (record: Record) => Item,
) {
  return {
    items: page.items.map(toItem),
    limit: query.limit,
    offset: query.offset,
    total: page.total,
    next_cursor: page.nextCursor,
  };
}
