const maxNameLength = 200;

/**
 * Finds why a variable cannot have this name; null if it can. Names that differ only in case are distinct, as
 * on Linux.
 */
export function findNameProblem(name: string): string | null {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && name.length <= maxNameLength) return null;
  return `must be letters, digits and '_' only, not begin with a digit, and have 1 to ${maxNameLength} characters`;
}
