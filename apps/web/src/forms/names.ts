import type { FieldProblem } from './field-problems.ts';

/** As the server has it for names of workspaces and organizations. */
const longestName = 200;

/** Why a form with a name cannot be sent. */
export function checkName({ name }: { name: string }): FieldProblem[] {
  const length = name.trim().length;
  if (length > 0 && length <= longestName) return [];
  return [{ key: 'name', message: `must have 1 to ${longestName} characters` }];
}
