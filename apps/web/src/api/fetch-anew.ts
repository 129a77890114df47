import type { JsonOperationId } from '@pumphouse/contract';
import type { QueryClient } from '@tanstack/react-query';

/**
 * Refetches all active queries of these operations, for any input. Resolves when the responses have arrived.
 */
export async function fetchAnew(
  queryClient: QueryClient,
  operationIds: readonly JsonOperationId[],
): Promise<void> {
  const names = new Set<unknown>(operationIds);
  await queryClient.invalidateQueries({ predicate: ({ queryKey }) => names.has(queryKey[0]) });
}
