import type { Handlers } from '../handler.ts';
import type { Variables } from '../../services/variables/variables.ts';
import { toVariable } from './variables-serializers.ts';

type Operations = 'list_workspace_variables' | 'update_workspace_variables';

export function createVariableHandlers({ variables }: { variables: Variables }): Pick<Handlers, Operations> {
  return {
    async list_workspace_variables({ authorization, query }) {
      const scopes = await variables.list(authorization, {
        profile: query.scope_profile ?? null,
        isWorkspaceScope: query.is_workspace_scope ?? null,
      });
      return {
        scopes: scopes.map((scope) => ({
          profile: scope.profile,
          variables: scope.variables.map(toVariable),
        })),
      };
    },

    async update_workspace_variables({ authorization, body }) {
      const { profile, deletes = [], upserts = [] } = body;
      return { results: await variables.update(authorization, { profile, deletes, upserts }) };
    },
  };
}
