import type { WorkspaceVariablesResponse } from '@pumphouse/contract';

export type Scope = WorkspaceVariablesResponse['scopes'][number];
export type Variable = Scope['variables'][number];

/** What somebody else did to a variable since a form about it was opened. */
export type Conflict =
  | { kind: 'changed' | 'appeared'; by: string; at: string }
  /** It is not known who removed it, short of the audit log. */
  | { kind: 'removed' };

/** @param profile null for the scope of every run */
export function findVariable(
  scopes: readonly Scope[],
  profile: string | null,
  name: string,
): Variable | undefined {
  return scopes.find((scope) => scope.profile === profile)?.variables.find((each) => each.name === name);
}

/**
 * Whether a change would undo one of somebody else: the variable is no longer as it was when the form about it was opened.
 * @param opened undefined where there was none of that name
 * @param now as it is at the moment of sending
 */
export function findConflict(opened: Variable | undefined, now: Variable | undefined): Conflict | null {
  if (!now) return opened ? { kind: 'removed' } : null;
  const about = { by: now.updated_by, at: now.updated_at };
  if (!opened) return { kind: 'appeared', ...about };
  return now.updated_at === opened.updated_at ? null : { kind: 'changed', ...about };
}
