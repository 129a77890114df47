import type { JsonOperationId } from '@pumphouse/contract';
import type { QueryClient } from '@tanstack/react-query';

/** Fetches anew all that is shown of these operations, whatever they were asked. Ends when the answers are there. */
export async function fetchAnew(
  queryClient: QueryClient,
  operationIds: readonly JsonOperationId[],
): Promise<void> {
  const names = new Set<unknown>(operationIds);
  await queryClient.invalidateQueries({ predicate: ({ queryKey }) => names.has(queryKey[0]) });
}
