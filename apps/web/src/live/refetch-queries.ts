import type { Query, QueryClient } from '@tanstack/react-query';

/** First fetches that are followed by another one. */
const followed = new WeakSet<Query>();

/**
 * Fetches data again that has changed. A first fetch that is under way may have been answered before the change, and
 * TanStack Query joins it instead of fetching again, so it is followed by another one.
 */
export async function refetchQueries(
  queryClient: QueryClient,
  predicate: (query: Query) => boolean,
): Promise<void> {
  const first = queryClient
    .getQueryCache()
    .findAll({ predicate })
    .filter(({ state }) => state.fetchStatus === 'fetching' && state.data === undefined);
  await Promise.all([
    queryClient.invalidateQueries({ predicate }),
    ...first.map((query) => fetchAfter(queryClient, query)),
  ]);
}

async function fetchAfter(queryClient: QueryClient, query: Query): Promise<void> {
  if (followed.has(query)) return;
  followed.add(query);
  // A failed fetch is shown, and fetched again like any other.
  await query.promise?.catch(() => undefined);
  followed.delete(query);
  await queryClient.invalidateQueries({ predicate: (one) => one === query });
}
