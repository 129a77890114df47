import type { CallInput } from '@pumphouse/client';
import { asObject, type JsonOperationId, type RouteResponse } from '@pumphouse/contract';
import { infiniteQueryOptions } from '@tanstack/react-query';
import { api } from './api.ts';
import { extendInput } from './operation.ts';

/** Operations that return a paginated list. */
type ListOperationId = {
  [Id in JsonOperationId]: RouteResponse<Id> extends { items: unknown[]; total: number } ? Id : never;
}[JsonOperationId];

/** The pages of a list that have been fetched so far. */
export interface ListSoFar<Item> {
  items: Item[];
  /** Number of rows that match the filters. The server stops counting at 10,001. */
  total: number;
}

type ItemOf<Id extends ListOperationId> = RouteResponse<Id> extends { items: (infer Item)[] } ? Item : never;

/** The cursor of the first page. */
const firstPage: string | null = null;

interface ListPage<Item> {
  items: Item[];
  total: number;
  next_cursor?: string | null;
}

/**
 * Returns the fields that every list response has, whatever its items are. The client has parsed the response,
 * but TypeScript cannot derive its item type from the operation.
 */
function readPage<Item>(page: unknown): ListPage<Item> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return page as ListPage<Item>;
}

/**
 * Options of an infinite query over a list, paginated by cursor:
 * `useInfiniteQuery(operationPages('list_job_overviews', { params, query }))`.
 * Its key starts with the operation, so that events can invalidate it by operation.
 */
export function operationPages<Id extends ListOperationId>(operationId: Id, input: CallInput<Id>) {
  return infiniteQueryOptions({
    queryKey: [operationId, input, 'pages'] as const,
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...asObject(input.query), ...(pageParam !== null && { cursor: pageParam }) };
      const page: unknown = await api.call(operationId, ...extendInput<Id>(input, { query, signal }));
      return readPage<ItemOf<Id>>(page);
    },
    initialPageParam: firstPage,
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: ({ pages }): ListSoFar<ItemOf<Id>> => ({
      items: pages.flatMap(({ items }) => items),
      total: pages[0]?.total ?? 0,
    }),
  });
}
