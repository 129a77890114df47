import { z } from 'zod';
import { requestObject, responseObject, uuid } from '../primitives.ts';

/** Maximum days in one response. */
export const maximumUsageDays = 400;

/** Null means no limit; 0 prevents any start. */
const limit = z.int().min(0).max(2_147_483_647).nullable();

/** Limits on the runs of an organization. */
export const organizationLimitsRequest = requestObject('OrganizationLimitsRequest', {
  /** Maximum concurrent runs. */
  concurrent_runs: limit,
  /** Maximum total run minutes per month (UTC). */
  minutes_a_month: limit,
});
export type OrganizationLimitsRequest = z.output<typeof organizationLimitsRequest>;

export const organizationLimitsResponse = responseObject('OrganizationLimitsResponse', {
  organization_id: uuid,
  concurrent_runs: z.int().nullable(),
  minutes_a_month: z.int().nullable(),
});
export type OrganizationLimitsResponse = z.output<typeof organizationLimitsResponse>;

/** Runs count for the day (UTC) on which they ended, with their whole duration. */
const sums = {
  completed_run_count: z.int(),
  failed_run_count: z.int(),
  cancelled_run_count: z.int(),
  run_seconds: z.number(),
};

export const usageResponse = responseObject('UsageResponse', {
  from: z.iso.date(),
  to: z.iso.date(),
  /** One for each day from the first to the last. */
  days: z.array(responseObject('UsageDay', { date: z.iso.date(), ...sums })),
  total: responseObject('UsageTotal', sums),
  /** The current month (UTC), including active runs, with the organization's limits. */
  month: responseObject('UsageMonth', {
    starts_on: z.iso.date(),
    run_seconds: z.number(),
    active_run_count: z.int(),
    minutes_a_month: z.int().nullable(),
    concurrent_runs: z.int().nullable(),
  }),
});
export type UsageResponse = z.output<typeof usageResponse>;

const range = { from: z.iso.date(), to: z.iso.date() };
/** Only days on which runs ended. */
const days = z.array(responseObject('UsageShareDay', { date: z.iso.date(), ...sums }));
const total = responseObject('UsageShareTotal', sums);

/** Usage per workspace, highest first; workspaces without runs are left out. */
export const usageByWorkspaceResponse = responseObject('UsageByWorkspaceResponse', {
  ...range,
  workspaces: z.array(
    responseObject('WorkspaceUsage', { workspace_id: uuid, name: z.string(), total, days }),
  ),
});
export type UsageByWorkspaceResponse = z.output<typeof usageByWorkspaceResponse>;

/** The same per job. */
export const usageByJobResponse = responseObject('UsageByJobResponse', {
  ...range,
  jobs: z.array(
    responseObject('JobUsage', { job_id: uuid, job_ref: z.string(), workspace_id: uuid, total, days }),
  ),
  /** Number of jobs with runs; at most `limit` of them are listed. */
  job_count: z.int(),
});
export type UsageByJobResponse = z.output<typeof usageByJobResponse>;
