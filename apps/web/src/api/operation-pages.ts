import type { CallArguments, CallInput } from '@pumphouse/client';
import type { JsonOperationId, RouteResponse } from '@pumphouse/contract';
import { infiniteQueryOptions } from '@tanstack/react-query';
import { api } from './api.ts';

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

interface ListPage<Item> {
  items: Item[];
  total: number;
  next_cursor?: string | null;
}

/** Reads the fields that every list response has, whatever its items are. */
function readPage<Item>(page: unknown): ListPage<Item> {
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
      const query = {
        ...(input.query as object | undefined),
        ...(pageParam !== null && { cursor: pageParam }),
      };
      const page: unknown = await api.call(
        operationId,
        ...([{ ...input, query, signal }] as unknown as CallArguments<Id>),
      );
      return readPage<ItemOf<Id>>(page);
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: ({ pages }): ListSoFar<ItemOf<Id>> => ({
      items: pages.flatMap(({ items }) => items),
      total: pages[0]?.total ?? 0,
    }),
  });
}
