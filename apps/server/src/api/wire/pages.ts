import type { Page } from '../../services/read-page.ts';
import type { Sorting } from '../../store/records.ts';
import { ServiceError } from '../../services/service-error.ts';

interface PagingQuery<Key extends string> {
  limit: number;
  offset: number;
  cursor?: string | undefined;
  sort?: readonly Key[] | undefined;
  order?: readonly ('asc' | 'desc')[] | undefined;
}

/**
 * The page that a list's query asks for; `sort` and `order` are parallel lists.
 * @throws ServiceError invalid_request for a cursor: no list gives one out
 */
export function readPaging<Key extends string>(query: PagingQuery<Key>) {
  if (query.cursor !== undefined) {
    const reason = { key: 'cursor', message: 'is not known; page with limit and offset' };
    throw new ServiceError('invalid_request', `The query is not valid: cursor: ${reason.message}.`, [reason]);
  }
  const sorting: Sorting<Key> = (query.sort ?? []).map((key, index) => ({
    key,
    order: query.order?.[index] ?? 'asc',
  }));
  return { limit: query.limit, offset: query.offset, sorting };
}

/** A page of records as the wire carries it. */
export function toPage<Record, Item>(
  page: Page<Record>,
  query: { limit: number; offset: number },
  toItem: (record: Record) => Item,
) {
  return { items: page.items.map(toItem), limit: query.limit, offset: query.offset, total: page.total };
}

/** @throws ServiceError invalid_request when the query has one of the filters, which are not served yet */
export function refuseFilters<Query extends object>(
  query: Query,
  filters: readonly (keyof Query & string)[],
): void {
  const reasons = filters
    .filter((key) => query[key] !== undefined)
    .map((key) => ({ key, message: 'is not served by this version' }));
  const [first] = reasons;
  if (first) throw new ServiceError('invalid_request', `The filter ${first.key} ${first.message}.`, reasons);
}
