import { longestKeyDays } from '@pumphouse/contract';
import type { z } from 'zod';
import { findBodyProblems, type FieldProblem } from '../../forms/field-problems.ts';

/** What is wrong with a form for a key. Of days zod would say no more than which bound was passed. */
export function checkKey(schema: z.ZodType, values: { days: number | string }): FieldProblem[] {
  return findBodyProblems(schema, values).map(({ key, message }) =>
    key === 'days'
      ? { key, message: `must be a whole number from 1 to ${longestKeyDays}` }
      : { key, message },
  );
}
