import { createRouter } from '@tanstack/react-router';
import { account, callback, home, root, signedIn, system } from './signed-in.ts';
import { alertRules, alerts } from './alerts.ts';
import { alertChannels, alertDeliveries } from './alert-channels.ts';
import { app, apps } from './apps.ts';
import { basePath } from '../api/base-url.ts';
import { compareRuns, run, runs } from './runs.ts';
import { configuration, configurations, deployment, deployments } from './versions.ts';
import { dataset, datasets, pipeline, pipelines, table } from './data.ts';
import { job, jobs } from './jobs.ts';
import { lineage } from './lineage.ts';
import { NotFound, PageError, PagePending } from '../layout/page-states.tsx';
import {
  organization,
  organizationAuditLog,
  organizationMembers,
  organizationSettings,
  organizationStorage,
  organizationWorkers,
  organizationCost,
  organizationUsage,
  organizationWorkspaces,
} from './organization.ts';
import { overview, workspace } from './workspace.ts';
import { parseSearch, stringifySearch } from '../search/search-params.ts';
import { queryClient } from '../api/query-client.ts';
import {
  events,
  localData,
  settings,
  variables,
  webhooks,
  workspaceAuditLog,
  workspaceKeys,
  workspaceMembers,
  workspaceSettings,
  workspaceCost,
  workspaceUsage,
} from './settings.ts';
import { timeline } from './timeline.ts';

const routeTree = root.addChildren([
  callback,
  signedIn.addChildren([
    home,
    account,
    system,
    organization.addChildren([
      organizationWorkspaces,
      organizationMembers,
      organizationUsage,
      organizationCost,
      organizationStorage,
      organizationWorkers,
      organizationAuditLog,
      organizationSettings,
    ]),
    workspace.addChildren([
      overview,
      jobs,
      job,
      timeline,
      runs,
      run,
      compareRuns,
      pipelines,
      pipeline,
      datasets,
      dataset,
      table,
      lineage,
      apps,
      app,
      deployments,
      deployment,
      configurations,
      configuration,
      alerts,
      alertRules,
      alertChannels,
      alertDeliveries,
      settings.addChildren([
        workspaceSettings,
        variables,
        workspaceMembers,
        workspaceKeys,
        webhooks,
        events,
        localData,
        workspaceUsage,
        workspaceCost,
        workspaceAuditLog,
      ]),
    ]),
  ]),
]);

/** All routes of the console. Hovering a link preloads the page and its first data. */
export const router = createRouter({
  routeTree,
  basepath: basePath,
  context: { queryClient },
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  // The query client tracks the age of its responses.
  defaultPreloadStaleTime: 0,
  // A page that loads within this time shows no skeleton.
  defaultPendingMs: 200,
  // Do not delay a page to keep the skeleton visible.
  defaultPendingMinMs: 0,
  defaultPendingComponent: PagePending,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
