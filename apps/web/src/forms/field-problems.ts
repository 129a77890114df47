import { ApiError } from '@pumphouse/client';
import { asObject } from '@pumphouse/contract';
import type { z } from 'zod';

/** A rejected field and the reason. Keys are dotted paths, as the server returns them. */
export interface FieldProblem {
  key: string;
  message: string;
}

/** Error message by field, at most one sentence each. */
export type ProblemsByField<Values> = Partial<Record<keyof Values & string, string>>;

/**
 * The fields that the server rejected. Empty if the error concerns the whole request or there was no
 * response.
 */
export function readFieldProblems(error: unknown): FieldProblem[] {
  const extra = error instanceof ApiError && error.status === 400 ? error.extra : null;
  return Array.isArray(extra) ? extra.filter(isFieldProblem) : [];
}

function isFieldProblem(value: unknown): value is FieldProblem {
  const { key, message } = asObject(value);
  return typeof key === 'string' && typeof message === 'string';
}

/** Validates a body against the contract's schema, so that invalid input needs no request. */
export function findBodyProblems(schema: z.ZodType, body: unknown): FieldProblem[] {
  const parsed = schema.safeParse(body);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => ({ key: path.map(String).join('.'), message }));
}

/**
 * Assigns problems to the fields of a form. Only the first problem of a field counts.
 * @param fieldOf maps a key of the server to the form field, for names that differ
 * @returns `elsewhere` holds the problems that match no field
 */
export function assignProblems<Values extends object>(
  problems: readonly FieldProblem[],
  values: Values,
  fieldOf: (key: string) => string = (key) => key,
): { byField: ProblemsByField<Values>; elsewhere: FieldProblem[] } {
  const byField: ProblemsByField<Values> = {};
  const elsewhere: FieldProblem[] = [];
  for (const problem of problems) {
    const field = fieldOf(problem.key);
    if (isFieldOf(values, field)) byField[field] ??= toSentence(problem.message);
    else elsewhere.push(problem);
  }
  return { byField, elsewhere };
}

function isFieldOf<Values extends object>(values: Values, name: string): name is keyof Values & string {
  return Object.hasOwn(values, name);
}

function toSentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
