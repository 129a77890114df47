import type { Handlers } from '../handler.ts';
import type { Organizations } from '../../services/workspaces/organizations.ts';
import type { Workspaces } from '../../services/workspaces/workspaces.ts';
import { userOf } from '../handler.ts';
import { dataplanes } from '../../services/sign-in/dataplane.ts';
import { readPaging, toPage } from '../serializers/pages.ts';
import {
  toListedWorkspace,
  toMe,
  toOrganization,
  toOrganizationMe,
  toOrganizationSettings,
  toWorkspace,
} from '../people/people-serializers.ts';

type Operations =
  | 'list_dataplanes'
  | 'get_me'
  | 'list_organizations'
  | 'get_organization'
  | 'set_region_organization'
  | 'get_organization_me'
  | 'list_workspaces'
  | 'create_workspace'
  | 'create_organization'
  | 'get_organization_settings'
  | 'update_organization';

export function createOrganizationHandlers(services: {
  organizations: Organizations;
  workspaces: Workspaces;
}): Pick<Handlers, Operations> {
  const { organizations, workspaces } = services;
  return {
    list_dataplanes: () => ({ items: dataplanes }),

    get_me: async ({ authorization }) => toMe(await organizations.account(userOf(authorization))),

    async list_organizations({ authorization, query }) {
      return toPage(
        await organizations.list(userOf(authorization), readPaging(query, 'list_organizations')),
        query,
        toOrganization,
      );
    },

    get_organization: async ({ params }) => toOrganization(await organizations.get(params.organization_id)),

    set_region_organization: async ({ params, body }) =>
      toOrganization(await organizations.setRegion(params.organization_id, body.dataplane_id)),

    get_organization_me: async ({ authorization, origin }) =>
      toOrganizationMe(await organizations.me(authorization), origin),

    async list_workspaces({ authorization, params, query, origin }) {
      const paging = readPaging(query, `list_workspaces ${params.organization_id}`);
      const options = { ...paging, includeArchived: query.include_archived };
      return toPage(await workspaces.list(authorization, options), query, (item) =>
        toListedWorkspace(item, origin),
      );
    },

    create_organization: async ({ authorization, body: { name, description = null } }) =>
      toOrganizationSettings(await organizations.create(userOf(authorization), { name, description })),

    get_organization_settings: async ({ params }) =>
      toOrganizationSettings(await organizations.get(params.organization_id)),

    update_organization: async ({ params, body }) =>
      toOrganizationSettings(
        await organizations.update(params.organization_id, {
          name: body.name,
          description: body.description,
          defaultWorkspaceRole: body.default_workspace_role,
          maxKeyDays: body.max_key_days,
        }),
      ),

    create_workspace: async ({ authorization, body, origin }) =>
      toWorkspace(await workspaces.create(authorization, body), origin),
  };
}
