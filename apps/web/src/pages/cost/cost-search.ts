import type { CostGrouping, RouteQueryInput } from '@pumphouse/contract';
import { z } from 'zod';
import { searchWord } from '../../search/search-params.ts';
import { usageQuery, usageRanges, type UsageRange } from '../workspaces/usage-range.ts';

/** What the rows of a workspace can be. */
export const workspaceGroupings = ['job', 'tag', 'person', 'size'] as const;
/** What the rows of an organization can be. */
export const organizationGroupings = ['workspace', ...workspaceGroupings] as const;

export const groupingLabels: Record<CostGrouping, string> = {
  workspace: 'Workspace',
  job: 'Job',
  tag: 'Tag',
  person: 'Person',
  size: 'Size',
};

/** Search parameters of the page of a workspace. */
export const workspaceCostSearch = z.object({
  days: searchWord(usageRanges),
  by: searchWord(workspaceGroupings),
});

/** Search parameters of the page of an organization. */
export const organizationCostSearch = z.object({
  days: searchWord(usageRanges),
  by: searchWord(organizationGroupings),
});

/** Maximum rows of the table. */
const shownRows = 100;

/** The query of a page. */
export function costQuery(
  { days, by }: { days?: UsageRange | undefined; by: CostGrouping },
  nowMs: number,
): NonNullable<RouteQueryInput<'get_organization_cost'>> {
  return { by, ...usageQuery(days, nowMs), limit: shownRows };
}
