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
 * The page that a list's query asks for; `sort` and `order` are parallel lists.
 * @param list what tells the list from others that know the same filters, as its operation with the place it is read at
 * @throws ServiceError invalid_request for a cursor that is none of this list with these filters
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

/** A page of records as the wire carries it. */
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
