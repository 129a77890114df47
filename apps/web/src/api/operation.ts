import type { CallArguments } from '@pumphouse/client';
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
    queryFn: ({ signal }) =>
      api.call(operationId, ...([{ ...input[0], signal }] as unknown as CallArguments<Id>)),
  });
}
