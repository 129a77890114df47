import type { CallArguments } from '@pumphouse/client';
import type { JsonOperationId } from '@pumphouse/contract';
import { queryOptions } from '@tanstack/react-query';
import { api } from './api.ts';

/**
 * An operation that reads, as a query: `useQuery(operation('get_job', { params }))`. Its key is the operation with what it was asked, so
 * that events know by the operation what to fetch anew (live/affected-operations.ts).
 */
export function operation<Id extends JsonOperationId>(operationId: Id, ...input: CallArguments<Id>) {
  return queryOptions({
    queryKey: [operationId, input[0] ?? null] as const,
    queryFn: ({ signal }) =>
      api.call(operationId, ...([{ ...input[0], signal }] as unknown as CallArguments<Id>)),
  });
}
