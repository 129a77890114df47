import type { FieldProblem } from './field-problems.ts';

/** The server's limit for names of workspaces and organizations. */
const maxNameLength = 200;

/** Returns the problems of the `name` field. */
export function checkName({ name }: { name: string }): FieldProblem[] {
  const length = name.trim().length;
  if (length > 0 && length <= maxNameLength) return [];
  return [{ key: 'name', message: `must have 1 to ${maxNameLength} characters` }];
}
