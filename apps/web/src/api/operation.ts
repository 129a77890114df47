import type { CallArguments, CallInput } from '@pumphouse/client';
import type { JsonOperationId } from '@pumphouse/contract';
import { queryOptions } from '@tanstack/react-query';
import { api } from './api.ts';

/**
 * Query options of a read operation: `useQuery(operation('get_job', { params }))`. The key is the operation
 * and its input, so that events can invalidate queries by operation (live/affected-operations.ts).
 */
export function operation<Id extends JsonOperationId>(operationId: Id, ...input: CallArguments<Id>) {
  return queryOptions({
    queryKey: [operationId, input[0] ?? null] as const,
    queryFn: ({ signal }) => api.call(operationId, ...extendInput<Id>(input[0], { signal })),
  });
}

interface ExtraInput {
  signal: AbortSignal;
  query?: object;
}

/**
 * Adds a signal, or replaces the query, of a valid input. TypeScript cannot check that the result is valid,
 * since the type of an input depends on the operation.
 */
export function extendInput<Id extends JsonOperationId>(
  input: CallInput<Id> | undefined,
  extra: ExtraInput,
): CallArguments<Id> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return [{ ...input, ...extra }] as unknown as CallArguments<Id>;
}
