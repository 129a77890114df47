import { z } from 'zod';
import { responseObject } from './primitives.ts';

export const errorResponse = responseObject('ErrorResponse', {
  code: z.string().optional(),
  detail: z.string().optional(),
  extra: z.unknown().optional(),
  status_code: z.int().optional(),
});
export type ErrorResponse = z.output<typeof errorResponse>;
