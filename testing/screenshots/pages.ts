import type { Page } from 'playwright-core';
import type { ConsoleRuns } from '../fixtures/console-workspace.ts';
import type { ConsoleSite } from '../fixtures/console-site.ts';
import { appRefs } from '../fixtures/console-apps.ts';

export interface ShownPage {
  /** Name of the file. */
  name: string;
  /** Path below the workspace, or below the server with `isOutside`. */
  path: string;
  isOutside?: boolean;
  /** The whole height of the page, not only the visible part. */
  isWhole?: boolean;
  /** Waits for the page's content, or opens something on it. */
  prepare?: (page: Page) => Promise<void>;
}

/**
 * Every page of the console, with URLs of the site's resources.
 * @param running a run that has not ended
 */
export async function listPages(
  site: ConsoleSite & { runs: ConsoleRuns },
  running: string,
): Promise<ShownPage[]> {
  const { client } = site.server;
  const params = { workspace_id: site.api.id };
  const deployment = await site.api.latestDeployment();
  const configuration = await site.api.latestConfiguration();
  const { organization } = await client.call('get_workspace_me', { params });
  const ofOrganization = (name: string, path = `/${name}`): ShownPage => ({
    name: `organization-${name}`,
    path: `/organizations/${organization.id}${path}`,
    isOutside: true,
  });
  const { runs } = site;
  return [
    {
      name: 'overview',
      path: '',
      isWhole: true,
      prepare: (page) => page.getByRole('application').waitFor(),
    },
    { name: 'timeline', path: '/timeline' },
    { name: 'jobs', path: '/jobs' },
    { name: 'job-runs', path: '/jobs/jobs.shop_orders?tab=runs' },
    { name: 'job-schedule', path: '/jobs/jobs.stripe_payments?tab=schedule' },
    { name: 'job-graph', path: '/jobs/jobs.shop_orders?tab=graph' },
    { name: 'job-versions', path: '/jobs/jobs.shop_orders?tab=versions' },
    { name: 'job-definition', path: '/jobs/jobs.shop_orders?tab=definition' },
    { name: 'runs', path: '/runs' },
    { name: 'run-failed', path: `/runs/${runs.payments}` },
    { name: 'run-completed', path: `/runs/${runs.orders}?tab=pipelines`, isWhole: true },
    { name: 'run-running', path: `/runs/${running}` },
    { name: 'run-log', path: `/runs/${runs.events}?tab=log&find=products/42` },
    { name: 'run-attempts', path: `/runs/${runs.payments}?tab=attempts` },
    { name: 'run-details', path: `/runs/${runs.orders}?tab=details` },
    { name: 'compare', path: `/runs/${runs.orders}/compare?base=${runs.firstOrders}`, isWhole: true },
    { name: 'pipelines', path: '/pipelines' },
    { name: 'freshness', path: '/pipelines?view=board' },
    { name: 'pipeline-tables', path: '/pipelines/shop?tab=tables', isWhole: true },
    { name: 'pipeline-runs', path: '/pipelines/shop?tab=runs', isWhole: true },
    { name: 'pipeline-schema', path: '/pipelines/shop?tab=schema', isWhole: true },
    { name: 'pipeline-history', path: '/pipelines/shop?tab=history', isWhole: true },
    { name: 'datasets', path: '/datasets' },
    { name: 'dataset', path: '/datasets/shop_data', isWhole: true },
    { name: 'table', path: '/datasets/shop_data/tables/orders', isWhole: true },
    { name: 'lineage', path: '/lineage' },
    { name: 'deployments', path: '/deployments' },
    { name: 'deployment', path: `/deployments/${deployment.id}`, isWhole: true },
    { name: 'deployment-file', path: `/deployments/${deployment.id}?path=shop_orders.py`, isWhole: true },
    { name: 'configurations', path: '/configurations' },
    { name: 'configuration', path: `/configurations/${configuration.id}`, isWhole: true },
    { name: 'job-backfill', path: '/jobs/jobs.stripe_payments?tab=backfill', isWhole: true },
    { name: 'alerts', path: '/alerts' },
    { name: 'alert-rules', path: '/alerts/rules' },
    { name: 'alert-channels', path: '/alerts/channels' },
    { name: 'alert-deliveries', path: '/alerts/deliveries' },
    { name: 'settings', path: '/settings' },
    { name: 'variables', path: '/settings/variables' },
    { name: 'members', path: '/settings/members' },
    { name: 'keys', path: '/settings/keys' },
    { name: 'webhooks', path: '/settings/webhooks' },
    { name: 'events', path: '/settings/events' },
    { name: 'local-data', path: '/settings/data' },
    { name: 'usage', path: '/settings/usage' },
    { name: 'cost', path: '/settings/cost', isWhole: true },
    { name: 'audit-log', path: '/settings/audit-log' },
    ofOrganization('workspaces', ''),
    ofOrganization('members'),
    ofOrganization('usage'),
    ofOrganization('cost'),
    ofOrganization('storage'),
    ofOrganization('workers'),
    ofOrganization('audit-log'),
    ofOrganization('settings'),
    { name: 'account', path: '/account', isOutside: true },
    { name: 'system', path: '/system?all=true', isOutside: true, isWhole: true },
  ];
}

/** The pages of apps, over the workspace of `deployApps`. */
export async function listAppPages({ api }: ConsoleSite): Promise<ShownPage[]> {
  const pathOf = async (jobRef: string) => `/apps/${(await api.findJob(jobRef)).id}`;
  return [
    { name: 'apps', path: '/apps' },
    { name: 'app', path: await pathOf(appRefs.board), isWhole: true },
    { name: 'app-mcp', path: await pathOf(appRefs.tools), isWhole: true },
  ];
}
