import { ApiError } from '@pumphouse/client';
import type { z } from 'zod';

/** A field that was refused, and why. Keys are paths with dots, as the server gives them. */
export interface FieldProblem {
  key: string;
  message: string;
}

/** Why fields are refused, at most one sentence each. */
export type ProblemsByField<Values> = Partial<Record<keyof Values & string, string>>;

/** The fields that the server refused; empty where it refused the whole, or did not answer. */
export function readFieldProblems(error: unknown): FieldProblem[] {
  const extra = error instanceof ApiError && error.status === 400 ? error.extra : null;
  return Array.isArray(extra) ? extra.filter(isFieldProblem) : [];
}

function isFieldProblem(value: unknown): value is FieldProblem {
  const { key, message } = (value ?? {}) as Partial<FieldProblem>;
  return typeof key === 'string' && typeof message === 'string';
}

/** What the contract itself would refuse of a body, in the same form: so the server need not be asked. */
export function findBodyProblems(schema: z.ZodType, body: unknown): FieldProblem[] {
  const parsed = schema.safeParse(body);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => ({ key: path.map(String).join('.'), message }));
}

/**
 * Puts problems at the fields of a form; the first one counts where a field has several.
 * @param fieldOf the field that a key of the server belongs to, where their names differ
 * @returns also those that no field of the form is named for
 */
export function placeProblems<Values extends object>(
  problems: readonly FieldProblem[],
  values: Values,
  fieldOf: (key: string) => string = (key) => key,
): { byField: ProblemsByField<Values>; elsewhere: FieldProblem[] } {
  const byField: Record<string, string> = {};
  const elsewhere: FieldProblem[] = [];
  for (const problem of problems) {
    const field = fieldOf(problem.key);
    if (Object.hasOwn(values, field)) byField[field] ??= toSentence(problem.message);
    else elsewhere.push(problem);
  }
  return { byField: byField as ProblemsByField<Values>, elsewhere };
}

function toSentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
