import type { Authorization } from '../people/authorize.ts';
import type {
  ChangeProblem,
  VariableChange,
  VariableUpsert,
} from '../../domain/variables/variable-change.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { NewVariable, VariableRecord, VariableScope } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { requireUser } from '../sign-in/principal.ts';
import { findChangeProblem, findLimitProblem } from '../../domain/variables/variable-change.ts';
import { recordChange } from '../audit/audit.ts';
import { sealVariable } from './sealed-variables.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The variables of one scope as readers see them. */
export interface ListedScope {
  /** Null for the workspace scope. */
  profile: string | null;
  variables: VariableRecord[];
}

/** Which scopes to list: all, or one. */
export interface ScopeFilter {
  profile: string | null;
  /** True: only the workspace scope. False: all others. */
  isWorkspaceScope: boolean | null;
}

export interface VariableResult {
  name: string;
  status: 'upserted' | 'removed' | 'not_found';
}

export type Variables = ReturnType<typeof createVariables>;

/**
 * Manages the variables that owners of a workspace set for its runs. `run-variables.ts` passes them to runs.
 */
export function createVariables(
  persistence: Persistence<'auditLog' | 'variables' | 'workspaces'>,
  encryption: Encryption,
) {
  function toNewVariable(scope: VariableScope, { name, type, value }: VariableUpsert): NewVariable {
    if (type === 'plain') return { name, plainValue: value, sealedValue: null };
    return { name, plainValue: null, sealedValue: sealVariable(encryption, scope, name, value) };
  }

  return {
    /**
     * Lists the workspace scope first, then the profiles by name, each with its variables by name. The
     * workspace scope and a requested scope are included even if empty. Also works for an archived workspace.
     */
    async list({ workspace: access }: Authorization, filter: ScopeFilter): Promise<ListedScope[]> {
      if (!access) throw new Error('The operation was not authorized at a workspace');
      if (filter.profile !== null && filter.isWorkspaceScope) {
        const message = 'selects the workspace scope, and scope_profile another one';
        const extra = [{ key: 'is_workspace_scope', message }];
        throw new ServiceError('invalid_request', `is_workspace_scope ${message}.`, extra);
      }
      const rows = await persistence.store.variables.list(access.workspace.id);
      const scopes = Map.groupBy(rows, (row) => row.profile);
      const profiles = filter.profile === null ? [null, ...scopes.keys()] : [filter.profile];
      return [...new Set(profiles)]
        .filter(
          (profile) => filter.isWorkspaceScope === null || (profile === null) === filter.isWorkspaceScope,
        )
        .map((profile) => ({ profile, variables: scopes.get(profile) ?? [] }));
    },

    /**
     * Changes one scope atomically. Runs that started before keep their values.
     * @returns a result for each name, in the order of the request: deletes, then upserts
     * @throws ServiceError reserved_variable_name, invalid_profile, invalid_request, variable_limit_exceeded,
     * workspace_archived
     */
    async update(
      { workspace: access, principal }: Authorization,
      change: VariableChange,
    ): Promise<VariableResult[]> {
      if (!access) throw new Error('The operation was not authorized at a workspace');
      const { userId } = requireUser(principal);
      refuse(findChangeProblem(change));
      const scope = { workspaceId: access.workspace.id, profile: change.profile };
      return persistence.transaction(async (tx) => {
        const workspace = await tx.workspaces.lock(scope.workspaceId);
        if (workspace?.archivedAt)
          throw new ServiceError(
            'workspace_archived',
            'The workspace is archived: its variables can be read but not changed.',
          );
        const removed = await tx.variables.remove(scope, change.deletes);
        const variables = change.upserts.map((upsert) => toNewVariable(scope, upsert));
        await tx.variables.upsert(scope, variables, userId);
        if (variables.length > 0) refuse(findLimitProblem(await tx.variables.measure(scope)));
        await record(tx, scope, change, removed);
        return [
          ...change.deletes.map((name): VariableResult => ({
            name,
            status: removed.has(name) ? 'removed' : 'not_found',
          })),
          ...change.upserts.map(({ name }): VariableResult => ({ name, status: 'upserted' })),
        ];
      });
    },
  };
}

/**
 * Records names and types, never values, not even plain ones: users often store secrets without marking them.
 */
async function record(
  tx: Pick<Store, 'auditLog'>,
  { workspaceId, profile }: VariableScope,
  { upserts }: VariableChange,
  removed: ReadonlySet<string>,
): Promise<void> {
  if (upserts.length === 0 && removed.size === 0) return;
  await recordChange(tx, {
    workspaceId,
    action: 'variable.update',
    target: { kind: 'variables', id: null, name: profile ?? 'workspace' },
    before: null,
    after: { profile, set: upserts.map(({ name, type }) => ({ name, type })), removed: [...removed] },
  });
}

function refuse(problem: ChangeProblem | null): void {
  if (problem) throw new ServiceError(problem.code, problem.detail, problem.extra);
}
