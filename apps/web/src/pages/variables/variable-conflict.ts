import type { WorkspaceVariablesResponse } from '@pumphouse/contract';

export type Scope = WorkspaceVariablesResponse['scopes'][number];
export type Variable = Scope['variables'][number];

/** A change to a variable by another user since the form was opened. */
export type Conflict =
  | { kind: 'changed' | 'appeared'; by: string; at: string }
  /** Only the audit log records who removed it. */
  | { kind: 'removed' };

/** @param profile null for the scope of all runs */
export function findVariable(
  scopes: readonly Scope[],
  profile: string | null,
  name: string,
): Variable | undefined {
  return scopes.find((scope) => scope.profile === profile)?.variables.find((each) => each.name === name);
}

/**
 * Detects whether saving would overwrite another user's change: the variable differs from when the form was
 * opened.
 * @param opened undefined if there was no variable with that name
 * @param now the variable at the time of saving
 */
export function findConflict(opened: Variable | undefined, now: Variable | undefined): Conflict | null {
  if (!now) return opened ? { kind: 'removed' } : null;
  const about = { by: now.updated_by, at: now.updated_at };
  if (!opened) return { kind: 'appeared', ...about };
  return now.updated_at === opened.updated_at ? null : { kind: 'changed', ...about };
}
