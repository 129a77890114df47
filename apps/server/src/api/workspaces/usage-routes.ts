import type { Handlers } from '../handler.ts';
import type { OrganizationLimitService } from '../../services/workspaces/organization-limits.ts';
import type { ReadUsage, ReadUsageParts } from '../../services/workspaces/read-usage.ts';
import type { RouteQuery } from '@pumphouse/contract';
import type { UsageSubject } from '../../store/records.ts';
import { toJobUsage, toOrganizationLimits, toUsage, toWorkspaceUsage } from './usage-serializers.ts';

type Operations =
  | 'get_organization_limits'
  | 'set_organization_limits'
  | 'get_organization_usage'
  | 'get_workspace_usage'
  | 'get_organization_usage_by_workspace'
  | 'get_organization_usage_by_job'
  | 'get_workspace_usage_by_job';

/** Handlers for limits on runs, and for their usage. */
export function createUsageHandlers(services: {
  organizationLimits: OrganizationLimitService;
  readUsage: ReadUsage;
  readUsageParts: ReadUsageParts;
}): Pick<Handlers, Operations> {
  const { organizationLimits, readUsage, readUsageParts } = services;

  async function readJobs(subject: UsageSubject, query: RouteQuery<'get_workspace_usage_by_job'>) {
    const { from, to, parts } = await readUsageParts(subject, 'job', query);
    return { from, to, jobs: parts.slice(0, query.limit).map(toJobUsage), job_count: parts.length };
  }

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

    async get_organization_usage_by_workspace({ params, query }) {
      const subject = { organizationId: params.organization_id };
      const { from, to, parts } = await readUsageParts(subject, 'workspace', query);
      return { from, to, workspaces: parts.map(toWorkspaceUsage) };
    },

    get_organization_usage_by_job: ({ params, query }) =>
      readJobs({ organizationId: params.organization_id }, query),

    get_workspace_usage_by_job: ({ params, query }) => readJobs({ workspaceId: params.workspace_id }, query),
  };
}
