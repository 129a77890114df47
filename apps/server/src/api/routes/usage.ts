import type { Handlers } from '../handler.ts';
import type { OrganizationLimitService } from '../../services/organization-limits.ts';
import type { ReadUsage } from '../../services/read-usage.ts';
import { toOrganizationLimits, toUsage } from '../wire/usage.ts';

type Operations =
  'get_organization_limits' | 'set_organization_limits' | 'get_organization_usage' | 'get_workspace_usage';

/** What runs may take, and have taken. */
export function createUsageHandlers(services: {
  organizationLimits: OrganizationLimitService;
  readUsage: ReadUsage;
}): Pick<Handlers, Operations> {
  const { organizationLimits, readUsage } = services;
  return {
    get_organization_limits: async ({ params: { organization_id: id } }) =>
      toOrganizationLimits(id, await organizationLimits.get(id)),

    async set_organization_limits({ params: { organization_id: id }, body }) {
      const limits = { concurrentRuns: body.concurrent_runs, minutesAMonth: body.minutes_a_month };
      return toOrganizationLimits(id, await organizationLimits.set(id, limits));
    },

    get_organization_usage: async ({ params, query }) =>
      toUsage(await readUsage({ organizationId: params.organization_id }, query)),

    get_workspace_usage: async ({ params, query }) =>
      toUsage(await readUsage({ workspaceId: params.workspace_id }, query)),
  };
}
