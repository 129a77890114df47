import { maxKeyDays } from '@pumphouse/contract';
import type { z } from 'zod';
import { findBodyProblems, type FieldProblem } from '../../forms/field-problems.ts';

/** Validates a key form. Replaces zod's message for `days`, which names only the violated bound. */
export function checkKey(schema: z.ZodType, values: { days: number | string }): FieldProblem[] {
  return findBodyProblems(schema, values).map(({ key, message }) =>
    key === 'days' ? { key, message: `must be a whole number from 1 to ${maxKeyDays}` } : { key, message },
  );
}
