import type { ToolContext } from '../tool.ts';
import {
  costGrouping,
  costResponse,
  usageByJobResponse,
  usageResponse,
  uuid,
  workspaceResponse,
} from '@pumphouse/contract';
import { z } from 'zod';
import { answerUrl } from '../rows.ts';
import { defineTool } from '../tool.ts';
import { pagesOfWorkspace } from '../console-pages.ts';
import { workspaceArgument } from './arguments.ts';

const maxOrganizations = 50;
const maxWorkspaces = 100;

const workspaceRow = workspaceResponse
  .pick({ id: true, name: true, description: true, archived_at: true, created_at: true })
  .extend(answerUrl);

const organizationRow = z.looseObject({
  id: uuid,
  name: z.string(),
  ...answerUrl,
  workspaces: z.array(workspaceRow),
  total: z.int().describe('Number of workspaces of the caller'),
});

export const listWorkspaces = defineTool({
  name: 'list_workspaces',
  title: 'List workspaces',
  description:
    'Lists the workspaces that the key gives access to, by organization. Call this first: all other tools need the id of a workspace.',
  input: z.strictObject({
    organization_id: uuid.optional().describe('Only the workspaces of this organization'),
    include_archived: z.boolean().default(false),
  }),
  output: z.looseObject({ ...answerUrl, organizations: z.array(organizationRow) }),
  rest: 'Ask for one organization with organization_id.',
  async run({ organization_id: only, include_archived: includeArchived }, { call, origin }) {
    const organizations: z.input<typeof organizationRow>[] = [];
    // One after the other, so that a user in many organizations does not use up the connections for other
    // calls.
    for (const { id, name } of await listOrganizations(call, only)) {
      const page = await call('list_workspaces', {
        params: { organization_id: id },
        query: { limit: maxWorkspaces, include_archived: includeArchived, sort: ['name'], order: ['asc'] },
      });
      const workspaces = page.items.map((workspace) => toWorkspaceRow(workspace, origin));
      organizations.push({ id, name, url: `${origin}/organizations/${id}`, workspaces, total: page.total });
    }
    return { url: `${origin}/`, organizations };
  },
  summarize: ({ organizations }) =>
    `${organizations.reduce((sum, { workspaces }) => sum + workspaces.length, 0)} workspaces in ${organizations.length} organizations.`,
});

export const getUsage = defineTool({
  name: 'get_usage',
  title: 'Read usage',
  description:
    'Returns the usage of the runs of a workspace by day and by job (highest first), with the limits of its organization. Days are UTC; the default is the current month.',
  input: z.strictObject({
    ...workspaceArgument,
    from: z.iso.date().optional().describe('The first day'),
    to: z.iso.date().optional().describe('The last day'),
    limit: z.int().min(1).max(100).default(20).describe('Maximum number of jobs'),
  }),
  output: z.looseObject({ ...answerUrl, usage: usageResponse, by_job: usageByJobResponse }),
  rest: 'Ask for fewer days or jobs, with from, to and limit.',
  async run({ workspace_id: workspaceId, from, to, limit }, { call, origin }) {
    const params = { workspace_id: workspaceId };
    const [usage, byJob] = await Promise.all([
      call('get_workspace_usage', { params, query: { from, to } }),
      call('get_workspace_usage_by_job', { params, query: { from, to, limit } }),
    ]);
    return { url: pagesOfWorkspace(origin, workspaceId).usage, usage, by_job: byJob };
  },
  summarize: ({ usage: { from, to, total } }) =>
    `From ${from} to ${to} runs took ${Math.round(total.run_seconds / 60)} minutes; ${total.failed_run_count} failed.`,
});

/** Figures of days and of the days before are those of the total: named once, the list of tools stays short. */
const shortCost = costResponse.extend({
  before: z.looseObject({}).nullable(),
  days: z.array(z.looseObject({ date: z.iso.date() })),
});

export const getCost = defineTool({
  name: 'get_cost',
  title: 'Read costs',
  description:
    'Returns what the runs of a workspace held of cores and memory, what they used of it, what they loaded and what that costs, by job, tag, person or size (highest first) and by day, with sizes that jobs do not need. Days are UTC; the default is the current month. Amounts are null without rates.',
  input: z.strictObject({
    ...workspaceArgument,
    from: z.iso.date().optional().describe('The first day'),
    to: z.iso.date().optional().describe('The last day'),
    by: costGrouping.exclude(['workspace']).default('job'),
    limit: z.int().min(1).max(100).default(20).describe('Maximum number of rows'),
  }),
  output: z.looseObject({ ...answerUrl, cost: shortCost }),
  rest: 'Ask for fewer days or rows, with from, to and limit.',
  async run({ workspace_id: workspaceId, ...query }, { call, origin }) {
    const cost = await call('get_workspace_cost', { params: { workspace_id: workspaceId }, query });
    return { url: pagesOfWorkspace(origin, workspaceId).cost, cost };
  },
  summarize: ({ cost: { from, to, currency, total } }) =>
    `From ${from} to ${to} runs held ${Math.round(total.held_hours)} hours${total.amount === null ? '' : `, which cost ${total.amount.toFixed(2)} ${currency}`}.`,
});

function toWorkspaceRow(workspace: z.input<typeof workspaceResponse>, origin: string) {
  const { id, name, description, archived_at: archivedAt, created_at: createdAt } = workspace;
  const url = pagesOfWorkspace(origin, id).overview;
  return { id, name, description, archived_at: archivedAt, created_at: createdAt, url };
}

async function listOrganizations(call: ToolContext['call'], only: string | undefined) {
  if (only !== undefined) return [await call('get_organization', { params: { organization_id: only } })];
  const query = { limit: maxOrganizations };
  return (await call('list_organizations', { params: {}, query })).items;
}
