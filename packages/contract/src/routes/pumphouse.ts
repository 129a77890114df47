import type { Route } from '../route.ts';
import { accountSessionRoutes } from './pumphouse/account-sessions.ts';
import { alertRoutes } from './pumphouse/alerts.ts';
import { alertChannelRoutes } from './pumphouse/alert-channels.ts';
import { eventSubscriptionRoutes } from './pumphouse/event-subscriptions.ts';
import { appRoutes } from './pumphouse/apps.ts';
import { backfillRoutes } from './pumphouse/backfills.ts';
import { invitationRoutes } from './pumphouse/invitations.ts';
import { auditLogRoutes } from './pumphouse/audit-log.ts';
import { dataSearchRoutes } from './pumphouse/data-search.ts';
import { jobGraphRoutes } from './pumphouse/job-graphs.ts';
import { lineageRoutes } from './pumphouse/lineage.ts';
import { jobOverviewRoutes } from './pumphouse/job-overviews.ts';
import { jobStartRoutes } from './pumphouse/job-starts.ts';
import { jobVersionRoutes } from './pumphouse/job-versions.ts';
import { keyRoutes } from './pumphouse/keys.ts';
import { liveEventRoutes } from './pumphouse/live-events.ts';
import { localDataRoutes } from './pumphouse/local-data.ts';
import { logRangeRoutes } from './pumphouse/log-ranges.ts';
import { manifestBuildRoutes } from './pumphouse/manifest-builds.ts';
import { memberRoutes } from './pumphouse/members.ts';
import { nextStartRoutes } from './pumphouse/next-starts.ts';
import { pumphouseOrganizationRoutes } from './pumphouse/organizations.ts';
import { runComparisonRoutes } from './pumphouse/run-comparisons.ts';
import { runTimelineRoutes } from './pumphouse/run-timelines.ts';
import { runOverviewRoutes } from './pumphouse/run-overviews.ts';
import { pumphouseStatisticsRoutes } from './pumphouse/statistics.ts';
import { systemRoutes } from './pumphouse/system.ts';
import { timelineRoutes } from './pumphouse/timeline.ts';
import { storageRoutes } from './pumphouse/storage.ts';
import { pendingPackageRoutes } from './pumphouse/pending-packages.ts';
import { pipelineOverviewRoutes } from './pumphouse/pipeline-overviews.ts';
import { savedViewRoutes } from './pumphouse/saved-views.ts';
import { schemaHistoryRoutes } from './pumphouse/schema-history.ts';
import { costRoutes } from './pumphouse/cost.ts';
import { usageRoutes } from './pumphouse/usage.ts';
import { pumphouseVersionRoutes } from './pumphouse/versions.ts';
import { webhookRoutes } from './pumphouse/webhooks.ts';
import { workerRoutes } from './pumphouse/workers.ts';
import { workspaceHealthRoutes } from './pumphouse/workspace-health.ts';
import { pumphouseWorkspaceRoutes } from './pumphouse/workspaces.ts';

/**
 * Operations unknown to the dlthub client: surface `pumphouse`, prefix `/pumphouse/v1`. One file per topic.
 */
export const pumphouseRoutes = [
  ...jobOverviewRoutes,
  ...jobStartRoutes,
  ...jobVersionRoutes,
  ...runOverviewRoutes,
  ...savedViewRoutes,
  ...runTimelineRoutes,
  ...timelineRoutes,
  ...runComparisonRoutes,
  ...nextStartRoutes,
  ...jobGraphRoutes,
  ...lineageRoutes,
  ...pumphouseStatisticsRoutes,
  ...schemaHistoryRoutes,
  ...pipelineOverviewRoutes,
  ...dataSearchRoutes,
  ...pendingPackageRoutes,
  ...localDataRoutes,
  ...pumphouseVersionRoutes,
  ...manifestBuildRoutes,
  ...webhookRoutes,
  ...alertRoutes,
  ...alertChannelRoutes,
  ...eventSubscriptionRoutes,
  ...appRoutes,
  ...usageRoutes,
  ...costRoutes,
  ...storageRoutes,
  ...accountSessionRoutes,
  ...systemRoutes,
  ...workspaceHealthRoutes,
  ...pumphouseWorkspaceRoutes,
  ...pumphouseOrganizationRoutes,
  ...memberRoutes,
  ...invitationRoutes,
  ...keyRoutes,
  ...backfillRoutes,
  ...workerRoutes,
  ...auditLogRoutes,
  ...liveEventRoutes,
  ...logRangeRoutes,
] as const satisfies readonly Route[];
