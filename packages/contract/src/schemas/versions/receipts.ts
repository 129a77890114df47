import { z } from 'zod';
import { responseObject } from '../primitives.ts';

export const bulkItemFailure = responseObject('BulkItemFailure', {
  detail: z.string(),
  ref: z.string(),
});
export type BulkItemFailure = z.output<typeof bulkItemFailure>;
